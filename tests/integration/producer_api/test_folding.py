"""Folding a large inbox: asked for by reading it, done behind the back of whoever marks in it."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from pymongo.errors import PyMongoError

from producer_api.inbox.lists import ListFilter
from producer_api.inbox.marks import Marks
from tests.integration.producer_api.api import Api
from tests.integration.producer_api.stores import Stores, recount
from tests.services.world import World, eventually

_MARKS = [Marks(seen=True), Marks(read=True), Marks(read=False), Marks(archived=True)]


async def _folded(world: World) -> int:
    return int(await world.inbox.count_documents({"folded": True}))


async def test_reading_a_large_inbox_has_it_folded(api: Api, world: World) -> None:
    await world.inbox.insert_many([world.document("ana") for _ in range(1_100)])
    expiring = [world.document("ana", expires_at=world.in_an_hour()) for _ in range(3)]
    await world.inbox.insert_many(expiring)

    async def counts() -> tuple[int, int]:
        answer = (await api.listed(limit=1)).json()
        return answer["unread_count"], answer["unseen_count"]

    async def all_folded() -> bool:
        assert await counts() == (1_103, 1_103)
        return await _folded(world) == 1_100

    await eventually(all_folded)
    oldest = (await world.inbox.find_one({}, sort=[("_id", 1)]))["_id"]
    for mark, expected in (
        ({"seen": True}, (1_103, 1_102)),
        ({"read": True}, (1_102, 1_102)),
        ({"read": False}, (1_103, 1_102)),
        ({"archived": True}, (1_102, 1_102)),
        ({"archived": False}, (1_103, 1_102)),
    ):
        assert (await api.mark("ana", oldest, **mark)).status_code == 200
        assert await counts() == expected
    newest = await api.ids(status="unread", limit=2)
    assert newest == [expiring[2]["_id"], expiring[1]["_id"]]
    assert (await api.mark_all_read("ana")).json() == {"unread_count": 0, "unseen_count": 0}
    assert await counts() == (0, 0)
    assert await api.ids(status="unread") == []


async def test_superseding_in_a_large_inbox_has_it_folded(api: Api, world: World) -> None:
    """Its user is away: nobody reads the list, and each such create counts."""
    await world.inbox.insert_many([world.document("ana") for _ in range(1_100)])
    await api.created("ana", collapse_key="order-1")
    await api.created("ana", collapse_key="order-1")

    async def all_folded() -> bool:
        return await _folded(world) == 1_101

    await eventually(all_folded)
    await api.created("ana", collapse_key="order-1")
    assert (await api.listed(limit=1)).json()["unread_count"] == 1_101


async def test_what_nobody_needs_folded_stays_as_it_is(api: Api, world: World) -> None:
    await world.inbox.insert_many([world.document("eve") for _ in range(1_100)])
    await world.inbox.insert_many([world.document("ana") for _ in range(300)])
    expiring = [world.document("ana", expires_at=world.in_an_hour()) for _ in range(300)]
    await world.inbox.insert_many(expiring)
    assert (await api.listed("ana")).json()["unread_count"] == 600
    await api.listed("eve")

    async def eve_is_folded() -> bool:
        folded = {"user_id": "eve", "folded": True}
        return bool(await world.inbox.count_documents(folded) == 1_100)

    await eventually(eve_is_folded)
    assert await _folded(world) == 1_100, "ana came first"


async def test_a_create_that_was_answered_is_counted_and_listed(api: Api) -> None:
    for count in range(1, 101):
        made = await api.created()
        answer = (await api.listed(limit=1)).json()
        assert (answer["unread_count"], answer["items"]) == (count, [made])


async def test_counts_are_exact_while_all_happens_at_once(
    stack_env: dict[str, str], world: World
) -> None:
    """Two stores are two processes: the clock of one is an hour ahead. Whoever marks recounts in
    the mark's own transaction (`Stores`), whoever reads compares with the list of that moment.
    """
    start = [world.document("ana") for _ in range(600)]
    await world.inbox.insert_many(start)
    async with (
        Stores.opened(stack_env, step=50) as one,
        Stores.opened(stack_env, step=50) as other,
    ):
        work = [
            asyncio.create_task(each)
            for number, stores in enumerate((one, other))
            for each in (
                _create(world, seconds_ahead=3_600 * number),
                _supersede(stores, seed=number),
                _mark(stores, [document["_id"] for document in start], seed=number),
                _fold_and_unfold(stores),
            )
        ]
        async with asyncio.timeout(120):
            read, _ = await asyncio.gather(_read(one, work), asyncio.gather(*work))
        assert read > 5
        now = datetime.now(UTC)
        expected = recount(await world.inbox.find({"user_id": "ana"}).to_list(), now)
        assert await one.counts_and_recount("ana", now) == (expected, expected)
        assert await _folded(world) > 0
        await one.folding.unfold_oldest(now)


async def _create(world: World, seconds_ahead: float) -> None:
    ids = world.ids_of_clock(seconds_ahead)
    for number in range(60):
        expires_at = datetime.now(UTC) + timedelta(seconds=1) if number % 5 == 0 else None
        document = world.document("ana", _id=ids.next(), expires_at=expires_at)
        await world.inbox.insert_one(document)


async def _mark(stores: Stores, ids: list[str], seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    for number in range(60):
        one = stores.marking.mark, "ana", chance.choice(ids), chance.choice(_MARKS)
        await _until_taken(*one)
        if number == 40 and seed == 0:
            await _until_taken(stores.marking.mark_all, "ana", Marks(read=True))


async def _supersede(stores: Stores, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    for _ in range(40):
        await _until_taken(stores.create, *chance.choices(("order-1", "order-2", None), k=3))


async def _until_taken(write: Callable[..., Awaitable[object]], *what: object) -> None:
    """As a client repeats what was answered 503: all write to one user, some longer than is tried.

    What failed in this way has written nothing.
    """
    while True:
        try:
            await write(*what)
        except PyMongoError as error:
            if not error.has_error_label("TransientTransactionError"):
                raise
        else:
            return


async def _fold_and_unfold(stores: Stores) -> None:
    for _ in range(10):
        await _until_taken(stores.folding.fold_oldest, "ana")
        await _until_taken(stores.folding.fold_oldest, "ana")
        await _until_taken(stores.folding.unfold_oldest, datetime.now(UTC))
        await _until_taken(stores.folding.fold_oldest, "ana")


async def _read(stores: Stores, work: list[asyncio.Task[None]]) -> int:
    """Read while there is work; how often."""
    count = 0
    while not all(task.done() for task in work):
        count += 1
        now = datetime.now(UTC)
        page, counts = await stores.lists.inbox(
            "ana", ListFilter.UNREAD, now=now, after=None, limit=2_000
        )
        assert counts == recount(page.items, now)
    return count
