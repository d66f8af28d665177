"""How fast the relay drains what was created while Kafka was away, beside the normal rate of
publishing: the producer API's own parts in this process, without HTTP, which would only slow down
the normal rate.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

from producer_api.app import build
from producer_api.contract.notification import NewNotification
from producer_api.intake.committer import Committer
from producer_api.mongodb.connection import database
from producer_api.program import Program
from producer_api.settings import Settings
from tests.services.env import program_env
from tests.services.parts import Services, away
from tests.services.world import eventually

_CALLERS = 1_000
_NORMAL = 30_000
_UNPUBLISHED = 100_000
_PATIENCE_SECONDS = 300


async def relay(services: Services, ports: Iterator[int]) -> dict[str, dict[str, float]]:
    """Records a second of both, and their ratio."""
    env = {**program_env(services, ports), "KAFKA_TOPIC_PARTITIONS": "12"}
    settings = Settings.model_validate({name.lower(): value for name, value in env.items()})
    program = build(settings)
    async with _working(program):
        await _create(program, _CALLERS)
        began = time.perf_counter()
        await _create(program, _NORMAL)
        normal = _NORMAL / (time.perf_counter() - began)
        async with away(services.kafka):
            await _create(program, _UNPUBLISHED)
        drained = await _drained(program, settings)
    return {
        "published at once": {"per_s": normal},
        "drained by the relay": {"per_s": drained, "ratio": drained / normal},
    }


@asynccontextmanager
async def _working(program: Program) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        work = tasks.create_task(program.run())
        await eventually(lambda: _is_ready(program))
        yield
        work.cancel()


async def _is_ready(program: Program) -> bool:
    return not await program.readiness.troubles()


async def _create(program: Program, count: int) -> None:
    """As many callers at once as there would be under load, each with one after the other."""
    numbers = iter(range(count))
    committer = program.workers["committer"]
    assert isinstance(committer, Committer)

    async def call() -> None:
        for number in numbers:
            wanted = NewNotification(
                user_id=f"user-{number % 1_000}",
                type="order.shipped",
                title="Pedido despachado",
                body="Tu pedido va en camino",
                data={"order_id": str(number)},
            )
            await committer.create([wanted], traceparent=None)

    async with asyncio.TaskGroup() as callers:
        for _ in range(_CALLERS):
            callers.create_task(call())


async def _drained(program: Program, settings: Settings) -> float:
    """Records a second, from the first batch that is gone until all are."""
    outbox = database(program.client, settings)["outbox"]

    async def left() -> int:
        return int(await outbox.estimated_document_count())

    waiting = await left()
    await eventually(lambda: _is_less(left, waiting), within=_PATIENCE_SECONDS)
    began, share = time.perf_counter(), await left() / waiting
    await eventually(lambda: _is_less(left, 1), within=_PATIENCE_SECONDS)
    return _UNPUBLISHED * share / (time.perf_counter() - began)


async def _is_less(left: Callable[[], Awaitable[int]], than: int) -> bool:
    return await left() < than
