"""Superseding in the inbox, for any sequence of creates at two processes."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from motor.motor_asyncio import AsyncIOMotorClientSession

from delivery.inbox import Inbox
from producer_api.app import transaction_of
from producer_api.contract.ids import IdSource
from producer_api.contract.inbox_event import CHANGED_LIMIT
from producer_api.contract.notification import COLLECTION, PRESENT, Document, NewNotification
from producer_api.inbox import turns as inbox_turns
from producer_api.inbox.counts.fold_queue import FOLD_ABOVE, FoldQueue
from producer_api.inbox.counts.inbox_counts import InboxCounts
from producer_api.inbox.indexes import STANDING_INDEX
from producer_api.inbox.lists import ListFilter, Lists
from producer_api.inbox.notifications import Notifications
from producer_api.intake.batch import seal
from producer_api.intake.pending import PendingRequest
from producer_api.mongodb.connection import connect, database
from producer_api.mongodb.transactions import transact
from producer_api.outbox import intents as outbox
from producer_api.outbox.records import Notice
from producer_api.settings import Settings
from tests.delivery.core.effort import effort
from tests.services.waiting import PATIENCE_SECONDS
from tests.services.world import World

UserAndKey = tuple[str, str | None]
"""The user and the collapse key of a new notification."""

_USER_AND_KEY = st.tuples(
    st.sampled_from(("ana", "eve")), st.sampled_from((None, "order-1", "order-1", "order-2"))
)
_BATCHES = st.lists(_USER_AND_KEY, max_size=4)
_worlds = itertools.count()


class Written(NamedTuple):
    """A written batch, with the notices about the notifications that it superseded."""

    documents: list[Document]
    notices: dict[str, Notice]

    @property
    def events(self) -> list[dict[str, Any]]:
        """The `inbox` events in the notices."""
        return [orjson.loads(notice.value) for notice in self.notices.values()]


class Store:
    """The stores of a process with a clock that is `behind_seconds` behind."""

    def __init__(self, settings: Settings, behind_seconds: float = 0.0) -> None:
        self.client = connect(settings)
        base = database(self.client, settings)
        self.intents = outbox.Intents(base[outbox.COLLECTION])
        self.notifications = Notifications(base[COLLECTION])
        counts = InboxCounts(base[COLLECTION], base[inbox_turns.COLLECTION])
        self.fold_queue = FoldQueue()
        self.lists = Lists(self.client, base[COLLECTION], counts, self.fold_queue)
        self._transaction = transaction_of(settings, self.client, self.fold_queue)
        self._ids = IdSource(_clock(behind_seconds))
        self.close = self.client.close

    async def write(self, users_and_keys: Sequence[UserAndKey], world: str = "") -> Written:
        """Create these notifications in one batch."""
        pendings = [
            PendingRequest(
                [NewNotification(user_id=user + world, type="t", title="t", collapse_key=key)]
            )
            for user, key in users_and_keys
        ]
        batch = seal(pendings, self._ids)
        if not batch.items:
            return Written([], {})
        written = await self._transaction.write(batch)
        return Written(batch.documents, written.superseded.notices)


def _clock(behind_seconds: float) -> Callable[[], int]:
    return lambda: time.time_ns() - int(behind_seconds * 1e9)


@pytest.fixture
def behind_seconds() -> float:
    """The seconds by which the second store's clock is behind. A test may override them."""
    return 0.02


@pytest_asyncio.fixture
async def stores(
    stack_env: dict[str, str], behind_seconds: float
) -> AsyncIterator[tuple[Store, Store]]:
    """Two stores with different clocks."""
    settings = Settings.model_validate({name.lower(): text for name, text in stack_env.items()})
    pair = Store(settings), Store(settings, behind_seconds)
    await pair[0].notifications.prepare()
    yield pair
    for store in pair:
        store.close()


@settings(effort(40), suppress_health_check=list(HealthCheck))
@given(rounds=st.lists(st.tuples(_BATCHES, _BATCHES), min_size=1, max_size=5))
async def test_only_one_notification_per_user_and_key_is_listed(
    stores: tuple[Store, Store],
    world: World,
    rounds: list[tuple[list[UserAndKey], list[UserAndKey]]],
) -> None:
    name = f"-{next(_worlds)}"  # makes this example's user ids unique
    written: list[Sequence[Written]] = []
    for batches in rounds:
        both = zip(stores, batches, strict=True)
        written.append(await asyncio.gather(*(store.write(batch, name) for store, batch in both)))
    batches_written = itertools.chain.from_iterable(written)
    for user in {item["user_id"] for batch in batches_written for item in batch.documents}:
        await _check_user(user, written, stores[0], world)


async def _check_user(
    user: str, rounds: Sequence[Sequence[Written]], store: Store, world: World
) -> None:
    """Check the user's list, what is stored, and the events of these concurrent creates."""
    round_of: dict[str, int] = {}
    newest: dict[str, set[str]] = {}  # of the two batches of a round, either may be the later one
    for number, pair in enumerate(rounds):
        lasts = [
            {document["collapse_key"] or document["_id"]: document["_id"] for document in of_user}
            for batch in pair
            if (of_user := [item for item in batch.documents if item["user_id"] == user])
        ]
        newest |= {key: {last[key] for last in lasts if key in last} for key in _union(lasts)}
        round_of |= {item["_id"]: number for batch in pair for item in batch.documents}
    now = datetime.now(UTC)
    listed, tally = await store.lists.inbox(user, ListFilter.ALL, now=now, after=None, limit=100)
    ids = [document["_id"] for document in listed.items]
    assert ids == sorted(ids, reverse=True)
    assert all(len(standing & set(ids)) == 1 for standing in newest.values())
    assert tally.counts == (len(newest), len(newest)) == (len(ids), len(ids))

    stored = {document["_id"]: document async for document in world.inbox.find({"user_id": user})}
    for document in stored.values():
        if document["superseded_by"] is not None:
            by = stored[document["superseded_by"]]
            assert round_of[by["_id"]] >= round_of[document["_id"]]
            assert by["collapse_key"] == document["collapse_key"] is not None

    events = [event for pair in rounds for batch in pair for event in batch.events]
    events = [event for event in events if event["user_id"] == user]
    events.sort(key=lambda event: event["at"])
    assert len({event["at"] for event in events}) == len(events), (
        "each event must have its own time"
    )
    named = [change for event in events for change in event["changed"]]
    assert len({change["id"] for change in named}) == len(named)
    for change in named:
        assert change["superseded_by"] == stored[change["id"]]["superseded_by"]


def _union(keys: Sequence[Iterable[str]]) -> set[str]:
    return set().union(*keys)


async def test_the_notice_of_a_superseding_has_the_new_counts(
    stores: tuple[Store, Store], world: World
) -> None:
    store, _ = stores
    (first,) = (await store.write([("ana", "order-1")])).documents
    await store.write([("ana", None), ("ana", "order-2"), ("eve", "order-1")])
    await world.inbox.update_one({"_id": first["_id"]}, {"$set": {"read_at": first["created_at"]}})
    written = await store.write([("eve", "order-9"), ("ana", "order-1")])
    ((carrier, notice),) = written.notices.items()
    assert (carrier, notice.user_id) == (written.documents[1]["_id"], "ana")
    (event,) = written.events
    (change,) = event["changed"]
    assert (change["id"], change["superseded_by"]) == (first["_id"], carrier)
    assert change["read_at"] is not None, "the change must have all marks"
    assert (event["unread_count"], event["unseen_count"]) == (3, 3)
    again = await store.write([("ana", "order-1")])
    assert [change["id"] for change in again.events[0]["changed"]] == [carrier]
    assert again.events[0]["at"] > event["at"]


async def test_a_superseding_within_one_batch_has_no_notice(
    stores: tuple[Store, Store], world: World
) -> None:
    store, _ = stores
    written = await store.write([("ana", "order-1")] * 3)
    assert written.notices == {}
    ids = [document["_id"] for document in written.documents]
    stored = {document["_id"]: document["superseded_by"] async for document in world.inbox.find({})}
    assert stored == {ids[0]: ids[2], ids[1]: ids[2], ids[2]: None}
    behind = await store.write([("ana", "order-1")] * 2)
    ((carrier, _),) = behind.notices.items()
    assert carrier == behind.documents[0]["_id"], "the first record of the key must carry the event"
    assert [(change["id"], change["superseded_by"]) for change in behind.events[0]["changed"]] == [
        (ids[2], behind.documents[1]["_id"])
    ]


@pytest.mark.parametrize("behind_seconds", [60.0])
async def test_a_newer_notification_with_an_older_id_supersedes(
    stores: tuple[Store, Store], world: World
) -> None:
    ahead, behind = stores
    (first,) = (await ahead.write([("ana", "order-1")])).documents
    written = await behind.write([("ana", "order-1")])
    (newer,) = written.documents
    assert newer["_id"] < first["_id"]
    (change,) = written.events[0]["changed"]
    assert (change["id"], change["superseded_by"]) == (first["_id"], newer["_id"])
    stored = {document["_id"]: document["superseded_by"] async for document in world.inbox.find({})}
    assert stored == {first["_id"]: newer["_id"], newer["_id"]: None}


async def test_a_notification_delivered_during_the_transaction_is_superseded_too(
    stores: tuple[Store, Store], world: World
) -> None:
    store, _ = stores
    inbox = Inbox(world.settings.mongo_url, world.settings.mongo_database)
    first, second = [world.document("ana", collapse_key=key) for key in ("order-1", "order-2")]
    await world.inbox.insert_many([first, second])
    attempts = itertools.count(1)
    delivering: list[asyncio.Task[int]] = []

    async def work(session: AsyncIOMotorClientSession) -> None:
        assert await store.notifications.find_of("ana", first["_id"], session) is not None
        if next(attempts) == 1:  # the transaction does not see this write, and must be retried
            await inbox.mark_delivered([(datetime.now(UTC), ["ana"], [first["_id"]])])
        gone: list[Document] = [
            {**document, "superseded_by": "newer"} for document in (first, second)
        ]
        await store.notifications.supersede(gone, session)
        delivering.append(
            asyncio.create_task(
                inbox.mark_delivered([(datetime.now(UTC), ["ana"], [second["_id"]])])
            )
        )
        await asyncio.wait(delivering, timeout=0.2)
        assert not delivering[0].done(), "the delivery must wait for the transaction"

    async with await store.client.start_session() as session:
        await transact(session, work)
    await asyncio.gather(*delivering)
    inbox.close()
    assert next(attempts) == 3
    documents = [document async for document in world.inbox.find({"user_id": "ana"})]
    assert [document["superseded_by"] for document in documents] == ["newer", "newer"]
    assert None not in [document["delivered_at"] for document in documents]


async def test_an_event_has_a_limited_number_of_changes(
    stores: tuple[Store, Store], world: World
) -> None:
    old = [world.document("ana", collapse_key="order-1") for _ in range(CHANGED_LIMIT + 5)]
    await world.inbox.insert_many(old)
    (event,) = (await stores[0].write([("ana", "order-1")])).events
    named = [change["id"] for change in event["changed"]]
    assert named == [document["_id"] for document in reversed(old)][:CHANGED_LIMIT]
    assert (event["unread_count"], event["unseen_count"]) == (1, 1)


async def test_a_large_inbox_whose_user_is_away_is_queued_for_folding(
    stores: tuple[Store, Store], world: World
) -> None:
    await world.inbox.insert_many([world.document("ana") for _ in range(FOLD_ABOVE)])
    for _ in range(2):
        await stores[0].write([("ana", "order-1")])
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await stores[0].fold_queue.first() == "ana"


async def test_a_create_without_a_collapse_key_takes_no_turn(
    stores: tuple[Store, Store], world: World
) -> None:
    turns = world.mongo[world.settings.mongo_database][inbox_turns.COLLECTION]
    await stores[0].write([("ana", None), ("eve", None)])
    assert await turns.count_documents({}) == 0
    await stores[0].write([("ana", None), ("eve", "order-1")])
    assert await turns.distinct("_id") == ["eve"]


@pytest.mark.usefixtures("stores")
async def test_an_index_serves_the_query_for_a_collapse_key(world: World) -> None:
    branches = [
        {"user_id": user, "collapse_key": {"$in": ["order-1", "order-2"]}, **PRESENT}
        for user in ("ana", "eve")
    ]
    documents = world.inbox.find({"$or": branches}).hint(STANDING_INDEX)
    plan = str((await documents.explain())["queryPlanner"]["winningPlan"])
    assert plan.count(f"'indexName': '{STANDING_INDEX}'") == 2
    bounds = ['["order-1", "order-1"]', '["order-2", "order-2"]']
    assert all(plan.count(bound) == 2 for bound in bounds), "the look-up must not scan the index"
