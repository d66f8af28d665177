"""The rate at which the relay publishes notifications created while Kafka was down.

Compares it with the normal rate of publishing. Runs the producer API's own parts in this process
without HTTP, because HTTP would slow down only the normal rate.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

from producer_api.app import Parts, join
from producer_api.contract.notification import NewNotification
from producer_api.mongodb.connection import database
from producer_api.settings import Settings
from tests.services.env import program_env
from tests.services.parts import Services, away
from tests.services.waiting import eventually

_CALLERS = 1_000
_NORMAL = 30_000
_UNPUBLISHED = 100_000
_TIMEOUT_SECONDS = 300


async def relay(services: Services, ports: Iterator[int]) -> dict[str, dict[str, float]]:
    """Return the records per second of normal publishing and of the relay, and their ratio."""
    env = {**program_env(services, ports), "KAFKA_TOPIC_PARTITIONS": "12"}
    settings = Settings.model_validate({name.lower(): value for name, value in env.items()})
    parts = join(settings)
    async with _running(parts):
        await _create(parts, _CALLERS)
        began = time.perf_counter()
        await _create(parts, _NORMAL)
        normal = _NORMAL / (time.perf_counter() - began)
        async with away(services.kafka):
            await _create(parts, _UNPUBLISHED)
        drained = await _drain_rate(parts, settings)
    return {
        "published at once": {"per_s": normal},
        "drained by the relay": {"per_s": drained, "ratio": drained / normal},
    }


@asynccontextmanager
async def _running(parts: Parts) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        work = [tasks.create_task(run()) for run in parts.background.values()]
        await eventually(lambda: _is_ready(parts))
        yield
        for task in work:
            task.cancel()
    await parts.close()


async def _is_ready(parts: Parts) -> bool:
    return not await parts.readiness.problems()


async def _create(parts: Parts, count: int) -> None:
    """Create notifications from 1,000 concurrent callers, as under load."""
    numbers = iter(range(count))

    async def call() -> None:
        for number in numbers:
            notification = NewNotification(
                user_id=f"user-{number % 1_000}",
                type="order.shipped",
                title="Pedido despachado",
                body="Tu pedido va en camino",
                data={"order_id": str(number)},
            )
            await parts.committer.create([notification], traceparent=None)

    async with asyncio.TaskGroup() as callers:
        for _ in range(_CALLERS):
            callers.create_task(call())


async def _drain_rate(parts: Parts, settings: Settings) -> float:
    """Return the records per second, from the first published batch until the outbox is empty."""
    outbox = database(parts.client, settings)["outbox"]

    async def remaining() -> int:
        return int(await outbox.estimated_document_count())

    queued = await remaining()
    await eventually(lambda: _is_less(remaining, queued), within=_TIMEOUT_SECONDS)
    began, share = time.perf_counter(), await remaining() / queued
    await eventually(lambda: _is_less(remaining, 1), within=_TIMEOUT_SECONDS)
    return _UNPUBLISHED * share / (time.perf_counter() - began)


async def _is_less(count: Callable[[], Awaitable[int]], limit: int) -> bool:
    return await count() < limit
