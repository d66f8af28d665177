"""Counts equal a recount of all documents after any sequence of operations."""

import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from producer_api.contract.category import category_of
from producer_api.contract.notification import OWED_INDEX
from producer_api.inbox import turns as inbox_turns
from producer_api.inbox.changes import erasing as module
from producer_api.inbox.changes.marking import Selection
from producer_api.inbox.counts.rules import Counts
from producer_api.inbox.indexes import STANDING_INDEX
from producer_api.inbox.marks import MarkChange
from tests.delivery.core.effort import effort
from tests.integration.producer_api.outside import outbox
from tests.integration.producer_api.stores import Stores, recount
from tests.services.world import World

_HOUR = timedelta(hours=1)
_MARKS = [
    MarkChange(seen=True),
    MarkChange(read=True),
    MarkChange(read=False),
    MarkChange(archived=True),
    MarkChange(archived=False),
    MarkChange(read=False, archived=True),
    MarkChange(read=False, archived=False),
]
_index = st.integers(0, 30)
_key = st.sampled_from((None, "order-1", "order-1", "order-2"))
_STEPS = st.one_of(
    st.tuples(st.just("mark"), _index, st.sampled_from(_MARKS)),
    st.tuples(st.just("mark_all"), st.sampled_from((MarkChange(read=True), MarkChange(seen=True)))),
    st.tuples(st.just("fold")),
    st.tuples(st.just("unfold"), _index),
    st.tuples(st.just("collapse"), _key, _key, _key),
    st.tuples(st.just("erase")),
    st.tuples(st.just("begin_to_erase")),
    st.tuples(st.just("retire"), _index),
    st.tuples(st.just("create"), st.integers(1, 5), st.booleans()),
    st.tuples(st.just("withdraw"), _index),
    st.tuples(st.just("choose"), st.lists(_index, min_size=1, max_size=3)),
)
#: Without these steps, few sequences would fold notifications and then mark them.
_FIRST: list[tuple[Any, ...]] = [
    ("create", 6, False),
    ("create", 2, True),
    ("collapse", "order-1", "order-2"),
    ("fold",),
    ("fold",),
    ("fold",),
]


class _Inbox:
    """Ana's inbox with its operations. `index` selects a notification, and wraps around."""

    def __init__(self, stores: Stores, world: World) -> None:
        self._stores = stores
        self._world = world

    async def _pick(self, index: int) -> Any:
        documents = await self._world.inbox.find({"user_id": "ana"}).sort("_id").to_list()
        return documents[index % len(documents)] if documents else None

    async def create(self, count: int, expiring: bool) -> None:
        expires_at = datetime.now(UTC) + _HOUR if expiring else None
        kinds = itertools.cycle(("order.shipped", "offer.new", "t"))
        documents = [
            self._world.document("ana", expires_at=expires_at, type=kind)
            for kind in itertools.islice(kinds, count)
        ]
        await self._world.inbox.insert_many(documents)

    async def fold(self) -> None:
        await self._stores.folding.fold_oldest("ana")

    async def unfold(self, index: int) -> None:
        if picked := await self._pick(index):
            await self._stores.folding.unfold_oldest(picked["created_at"])

    async def mark(self, index: int, marks: MarkChange) -> None:
        if picked := await self._pick(index):
            await self._stores.marking.mark("ana", picked["_id"], marks)

    async def mark_all(self, marks: MarkChange) -> None:
        await self._stores.marking.mark_all("ana", marks)

    async def choose(self, indexes: list[int]) -> None:
        if picked := [one for index in indexes if (one := await self._pick(index))]:
            chosen = Selection([one["_id"] for one in picked])
            await self._stores.marking.mark_chosen("ana", MarkChange(read=True), chosen)

    async def withdraw(self, index: int) -> None:
        if picked := await self._pick(index):
            await self._stores.withdrawing.withdraw(picked["_id"])

    async def collapse(self, *keys: str | None) -> None:
        await self._stores.create(*keys)

    async def erase(self) -> None:
        await self._stores.erasing.erase("ana")

    async def begin_to_erase(self) -> None:
        await self._stores.erasing._erase_oldest("ana", None)

    async def retire(self, index: int) -> None:
        """Delete a notification that is not folded, as MongoDB's TTL index does."""
        if picked := await self._pick(index):
            await self._world.inbox.delete_one({"_id": picked["_id"], "folded": None})

    async def by_category(self) -> dict[str, Counts]:
        """Count all notifications by category, one by one."""
        documents = await self._world.inbox.find({"user_id": "ana"}).to_list()
        now = datetime.now(UTC)
        of = {name: list[Any]() for name in ("order", "offer", "t")}
        for document in documents:
            of[category_of(document["type"])].append(document)
        return {category: recount(kept, now) for category, kept in of.items()}

    async def take_events(self) -> list[dict[str, Any]]:
        """Remove the written `inbox` events from the outbox, and return them in order."""
        intents = outbox(self._world)
        stored = await intents.find({}).sort("_id").to_list()
        await intents.delete_many({})
        changed = [
            one for intent in stored for one in (*intent["records"], *intent.get("notices", ()))
        ]
        return [orjson.loads(one["value"]) for one in changed]


def _check_events(
    events: list[dict[str, Any]], before: dict[str, Counts], after: dict[str, Counts]
) -> None:
    """Check that the events name every category whose counts have changed, with its counts."""
    for event in events:
        if not event.get("erased"):
            named = {
                category: (counts["unread_count"], counts["unseen_count"])
                for category, counts in event["by_category"].items()
            }
            assert before | named == after


@pytest_asyncio.fixture
async def stores(stack_env: dict[str, str]) -> AsyncIterator[Stores]:
    """The stores of one producer process. One step folds or unfolds three notifications."""
    async with Stores.opened(stack_env, step=3) as opened:
        yield opened


@settings(effort(30), suppress_health_check=list(HealthCheck))
@given(steps=st.lists(_STEPS, min_size=1, max_size=20))
async def test_counts_equal_a_recount_after_any_operations(
    steps: list[tuple[Any, ...]], stores: Stores, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ERASE_LIMIT", 3)
    for collection in (world.inbox, world.inbox.database[inbox_turns.COLLECTION]):
        await collection.delete_many({})
    inbox = _Inbox(stores, world)
    await inbox.take_events()
    before = await inbox.by_category()
    for name, *arguments in _FIRST + steps:
        await getattr(inbox, name)(*arguments)
        after = await inbox.by_category()
        _check_events(await inbox.take_events(), before, after)
        before = after
        for now in (datetime.now(UTC), datetime.now(UTC) + 2 * _HOUR):
            counts, recounted = await stores.counts_and_recount("ana", now)
            assert counts == recounted


async def test_the_first_change_does_not_break_an_open_snapshot(
    stack_env: dict[str, str], world: World
) -> None:
    """A snapshot cannot read a collection that is created after the snapshot."""
    await world.inbox.insert_one(world.document("ana"))
    async with (
        Stores.opened(stack_env) as stores,
        await stores.client.start_session(snapshot=True) as reader,
        await stores.client.start_session() as writer,
    ):
        assert await stores.collection.find_one({}, session=reader) is not None
        await stores.turns.take("ana", writer)
        assert await stores.counts.counters(["ana"], reader) == {"ana": (0, 0)}


async def test_the_indexes_of_earlier_releases_are_dropped(
    stack_env: dict[str, str], world: World
) -> None:
    """The last release's indexes stay: its queries name them (see tests/faults/test_upgrade.py)."""
    standing = {"collapse_key": {"$gt": ""}, "superseded_by": None}
    earlier: dict[str, tuple[list[tuple[str, int]], dict[str, Any]]] = {
        "unread": ([("user_id", 1), ("seen_at", 1)], {}),
        "owed": ([("user_id", 1), ("_id", 1)], {"delivered_at": None, "superseded_by": None}),
        "standing": ([("user_id", 1), ("collapse_key", 1)], standing),
    }
    for name, (keys, matching) in earlier.items():
        options = {"partialFilterExpression": matching} if matching else {}
        await world.inbox.create_index(keys, name=name, **options)
    for _ in range(2):
        async with Stores.opened(stack_env):
            names = set(await world.inbox.index_information())
        assert names >= {OWED_INDEX, STANDING_INDEX}
        assert not names & earlier.keys()
