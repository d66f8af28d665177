"""Folding a large inbox during creates, marks and reads."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from pymongo.errors import PyMongoError

from producer_api.inbox.lists import ListFilter
from producer_api.inbox.marks import MarkChange
from tests.integration.producer_api.outside import folded_count
from tests.integration.producer_api.stores import Stores, recount
from tests.services.world import World

#: Each step recounts the whole inbox, so a larger inbox would only slow the test. Errors show when
#: many steps overlap.
_INBOX, _STEP = 60, 10
#: Only a test that hangs takes this long.
_LONGEST_SECONDS = 600
_MARKS = [
    MarkChange(seen=True),
    MarkChange(read=True),
    MarkChange(read=False),
    MarkChange(archived=True),
]


async def test_counts_are_exact_during_concurrent_operations(
    stack_env: dict[str, str], world: World
) -> None:
    """Two stores act as two processes. One clock is an hour ahead.

    Each change recounts in its own transaction (`Stores`). Each read compares the counts with the
    list in the same snapshot.
    """
    start = [world.document("ana") for _ in range(_INBOX)]
    await world.inbox.insert_many(start)
    async with (
        Stores.opened(stack_env, step=_STEP) as one,
        Stores.opened(stack_env, step=_STEP) as other,
    ):
        work = [
            asyncio.create_task(coroutine)
            for number, stores in enumerate((one, other))
            for coroutine in (
                _create(world, seconds_ahead=3_600 * number),
                _supersede(stores, seed=number),
                _mark(stores, [document["_id"] for document in start], seed=number),
                _fold_and_unfold(stores),
            )
        ]
        async with asyncio.timeout(_LONGEST_SECONDS):
            reads, _ = await asyncio.gather(_read(one, work), asyncio.gather(*work))
        assert reads > 5
        now = datetime.now(UTC)
        expected = recount(await world.inbox.find({"user_id": "ana"}).to_list(), now)
        assert await one.counts_and_recount("ana", now) == (expected, expected)
        assert await folded_count(world) > 0
        await one.folding.unfold_oldest(now)


async def _create(world: World, seconds_ahead: float) -> None:
    ids = world.ids_of_clock(seconds_ahead)
    for number in range(40):
        expires_at = datetime.now(UTC) + timedelta(seconds=1) if number % 5 == 0 else None
        document = world.document("ana", _id=ids.next(), expires_at=expires_at)
        await world.inbox.insert_one(document)


async def _mark(stores: Stores, ids: list[str], seed: int) -> None:
    generator = random.Random(seed)  # noqa: S311 - no secret
    for number in range(40):
        id_, marks = generator.choice(ids), generator.choice(_MARKS)
        await _until_written(stores.marking.mark, "ana", id_, marks)
        if number == 25 and seed == 0:
            await _until_written(stores.marking.mark_all, "ana", MarkChange(read=True))


async def _supersede(stores: Stores, seed: int) -> None:
    generator = random.Random(seed)  # noqa: S311 - no secret
    for _ in range(25):
        await _until_written(stores.create, *generator.choices(("order-1", "order-2", None), k=3))


async def _until_written(write: Callable[..., Awaitable[object]], *arguments: object) -> None:
    """Repeat a write until it succeeds, like a client after a 503. Failed writes change nothing.

    All tasks write to one user, so some conflict for longer than the program retries.
    """
    while True:
        try:
            await write(*arguments)
        except PyMongoError as error:
            if not error.has_error_label("TransientTransactionError"):
                raise
        else:
            return


async def _fold_and_unfold(stores: Stores) -> None:
    for _ in range(10):
        await _until_written(stores.folding.fold_oldest, "ana")
        await _until_written(stores.folding.fold_oldest, "ana")
        await _until_written(stores.folding.unfold_oldest, datetime.now(UTC))
        await _until_written(stores.folding.fold_oldest, "ana")


async def _read(stores: Stores, work: list[asyncio.Task[None]]) -> int:
    """Read until the work is done. Return the number of reads."""
    count = 0
    while not all(task.done() for task in work):
        count += 1
        now = datetime.now(UTC)
        page, tally = await stores.lists.inbox(
            "ana", ListFilter.UNREAD, now=now, after=None, limit=2_000
        )
        assert tally.counts == recount(page.items, now)
    return count
