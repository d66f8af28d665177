"""Creates: the latency of one caller, and the rate of one producer API process.

Compares them with a naive handler, with a handler that does nothing, and with the bare calls to
MongoDB and Kafka.
"""

import json
import statistics
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import WriteConcern

from producer_api.settings import Settings
from tests.bench.http_callers import Calls, Figures, call
from tests.services.env import program_env
from tests.services.parts import Services
from tests.services.program import Program, running
from tests.services.tokens import service_token

_ONE = {
    "user_id": "ana",
    "type": "order.shipped",
    "title": "Pedido despachado",
    "body": "Tu pedido 1234 va en camino",
    "data": {"order_id": "1234"},
    "action_url": "/orders/1234",
}
_ROUNDS = 3
_SECONDS = 4.0
_BATCH = 1_000
_CREATE = "/v1/notifications"


async def creates(services: Services, ports: Iterator[int]) -> dict[str, dict[str, float]]:
    """Return the latency with one caller and the rates with many, by benchmark name."""
    env = program_env(services, ports) | {"KAFKA_TOPIC_PARTITIONS": "12"}
    naive_env = env | {"PRODUCER_API_PORT": str(next(ports))}
    port_of = {
        "ours": int(env["PRODUCER_API_PORT"]),
        "naive": int(naive_env["PRODUCER_API_PORT"]),
    }
    ours = Program("producer_api", f"http://127.0.0.1:{port_of['ours']}", env)
    naive = Program(
        "tests.bench.naive_producer_api", f"http://127.0.0.1:{port_of['naive']}", naive_env
    )
    async with running(ours, naive):
        return {
            "one caller": await _one_caller(env, port_of),
            "64 callers": await _many(64, port_of),
            "256 callers": await _many(256, port_of),
            "batches of 1,000": await _batches(port_of["ours"]),
        }


async def _one_caller(env: dict[str, str], ports: dict[str, int]) -> dict[str, float]:
    """Return medians in milliseconds. The variants take turns, so that all see the same load."""
    times: dict[str, list[float]] = {}
    for _ in range(_ROUNDS):
        for name, calls in {
            "ours": _calls(ports["ours"], _CREATE, 1, 1.0),
            "ours, keyed": _calls(ports["ours"], _CREATE, 1, 1.0, keyed=True),
            "naive": _calls(ports["naive"], "/naive", 1, 1.0),
        }.items():
            times.setdefault(name, []).extend((await call(calls)).times)
        times.setdefault("bare", []).extend(await _bare(env))
    medians = {name: statistics.median(of_variant) for name, of_variant in times.items()}
    ratios = {f"{name} / bare": medians[name] / medians["bare"] for name in ("ours", "ours, keyed")}
    return {**medians, **ratios}


async def _many(callers: int, ports: dict[str, int]) -> dict[str, float]:
    """Return the creates per second of each variant, and their ratios."""
    rates = {
        name: (await call(calls)).per_second
        for name, calls in {
            "ours": _calls(ports["ours"], _CREATE, callers, _SECONDS),
            "ours, keyed": _calls(ports["ours"], _CREATE, callers, _SECONDS, keyed=True),
            "naive": _calls(ports["naive"], "/naive", callers, _SECONDS),
            "empty": _calls(ports["naive"], "/empty", callers, _SECONDS),
        }.items()
    }
    return {
        **rates,
        "ours / naive": rates["ours"] / rates["naive"],
        "ours / empty": rates["ours"] / rates["empty"],
    }


async def _batches(port: int) -> dict[str, float]:
    body = {"notifications": [{**_ONE, "user_id": f"user-{number}"} for number in range(_BATCH)]}
    figures = {}
    for callers in (1, 4):
        calls = Calls(port, f"{_CREATE}/batch", _json(body), service_token(), callers, _SECONDS)
        figures[callers] = await call(calls)
    return {
        "1 caller, notifications/s": figures[1].per_second * _BATCH,
        "4 callers, notifications/s": figures[4].per_second * _BATCH,
        "1 caller, ms": _median(figures[1]),
    }


def _json(value: dict[str, Any]) -> str:
    """Return JSON as compact as the usual clients write it."""
    return json.dumps(value, separators=(",", ":"))


def _median(figures: Figures) -> float:
    return statistics.median(figures.times)


def _calls(port: int, path: str, callers: int, seconds: float, *, keyed: bool = False) -> Calls:
    return Calls(port, path, _json(_ONE), service_token(), callers, seconds, keyed=keyed)


async def _bare(env: dict[str, str], count: int = 300) -> list[float]:
    """Return times in milliseconds of a majority insert followed by a send, without HTTP."""
    settings = Settings.model_validate({name.lower(): value for name, value in env.items()})
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(settings.mongo_url)
    concern = WriteConcern("majority")
    inbox = client[settings.mongo_database].get_collection("bare", write_concern=concern)
    producer = AIOKafkaProducer(
        **settings.kafka_client_options(), enable_idempotence=True, acks="all"
    )
    await producer.start()
    times = []
    try:
        for _ in range(count):
            began = time.perf_counter()
            await inbox.insert_one({**_ONE, "_id": str(uuid4())})
            await producer.send_and_wait(settings.kafka_topic, _json(_ONE).encode(), b"ana")
            times.append((time.perf_counter() - began) * 1000)
    finally:
        await producer.stop()
        client.close()
    return times
