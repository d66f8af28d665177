"""The transaction and the intents, without the API."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from bson import MaxKey, Timestamp

from producer_api.app import transaction_of
from producer_api.contract.ids import IdSource
from producer_api.contract.notification import NewNotification
from producer_api.inbox import turns as inbox_turns
from producer_api.inbox.counts.fold_queue import FoldQueue
from producer_api.intake.batch import Batch, seal
from producer_api.intake.committer import Committer
from producer_api.intake.keyed_request import RequestKey
from producer_api.intake.outcomes import Created, FieldFinding, NotStorableError, NotValidError
from producer_api.intake.pending import PendingRequest
from producer_api.intake.publication import Publication
from producer_api.intake.request_store import RequestStore
from producer_api.intake.transaction import (
    DocumentRefusedError,
    RequestsRepeatedError,
    Transaction,
)
from producer_api.metrics import Metrics
from producer_api.mongodb.connection import Client, connect, database
from producer_api.outbox import intents as outbox
from producer_api.outbox.confirmed_intents import ConfirmedIntents
from producer_api.outbox.handover import Handover
from producer_api.outbox.intent import Intent
from producer_api.outbox.publisher import Publisher
from producer_api.outbox.records import TopicRecord
from producer_api.settings import Settings
from tests.integration.producer_api.outside import leave_open
from tests.integration.producer_api.outside import outbox as intents_of
from tests.producer_api.outbox.placement import OnePartition
from tests.services.waiting import eventually
from tests.services.world import World


@pytest.fixture
def settings(stack_env: dict[str, str]) -> Settings:
    return Settings.model_validate({name.lower(): text for name, text in stack_env.items()})


@pytest_asyncio.fixture
async def client(settings: Settings) -> AsyncIterator[Client]:
    opened = connect(settings)
    yield opened
    opened.close()


@pytest.fixture
def intents(client: Client, settings: Settings) -> outbox.Intents:
    return outbox.Intents(database(client, settings)[outbox.COLLECTION])


@pytest.fixture
def idempotency(client: Client, settings: Settings) -> RequestStore:
    return RequestStore(database(client, settings)["idempotency"])


@pytest.fixture
def transaction(client: Client, settings: Settings) -> Transaction:
    return transaction_of(settings, client, FoldQueue())


def _batch(*titles: str) -> Batch:
    new = [NewNotification(user_id="ana", type="t", title=title) for title in titles]
    return seal([PendingRequest([item]) for item in new], IdSource())


async def test_a_failed_write_leaves_neither_notifications_nor_intent(
    transaction: Transaction, world: World
) -> None:
    first = _batch("a")
    await transaction.write(first)
    second = _batch("b", "c", "d")
    second.documents[1]["_id"] = first.documents[0]["_id"]
    with pytest.raises(DocumentRefusedError) as refusal:
        await transaction.write(second)
    assert refusal.value.position == 1
    assert [document["title"] async for document in world.inbox.find({})] == ["a"]
    written = [intent["_id"] async for intent in intents_of(world).find({})]
    assert written == [first.intent_id]


async def test_a_document_that_bson_cannot_encode_is_named(transaction: Transaction) -> None:
    batch = _batch("a", "b", "c")
    batch.documents[2]["body"] = "\ud800"
    with pytest.raises(DocumentRefusedError) as refusal:
        await transaction.write(batch)
    assert refusal.value.position == 2


async def test_a_bad_document_does_not_fail_the_others_in_its_batch(
    settings: Settings, transaction: Transaction, intents: outbox.Intents, world: World
) -> None:
    metrics = Metrics()
    publisher = Publisher(settings, metrics, OnePartition(settings))
    handover = Handover(intents, publisher, ConfirmedIntents(intents), 1.0)
    committer = Committer(settings, transaction, Publication(intents, handover), metrics)
    batch = _batch("a", "b", "c")
    batch.documents[0]["body"] = "\ud800"
    batch.documents[2]["_id"] = batch.documents[1]["_id"]
    await committer._commit(batch)
    outcomes = [outcome for request in batch.requests for outcome in request.answer.result()]
    assert [type(outcome) for outcome in outcomes] == [NotStorableError, Created, NotStorableError]
    assert [document["title"] async for document in world.inbox.find({})] == ["b"]


async def test_a_write_sees_that_earlier_intents_are_queued(
    transaction: Transaction, intents: outbox.Intents
) -> None:
    one, two, three = _batch("a"), _batch("b"), _batch("c")
    assert not (await transaction.write(one)).must_queue
    assert not (await transaction.write(two)).must_queue, (
        "an open intent must not make others queue"
    )
    await intents.queue(two.intent_id)
    assert (await transaction.write(three)).must_queue
    await intents.queue(three.intent_id)
    await intents.queue(one.intent_id)
    # The order is that of queueing, by MongoDB's clock. Ids would be in another order, because the
    # clocks of processes differ.
    queued = [intent.id for intent in await intents.oldest_queued(10)]
    assert queued == [two.intent_id, three.intent_id, one.intent_id]
    await intents.delete(queued[:2])
    assert [intent.ids for intent in await intents.oldest_queued(10)] == [one.intent.ids]


async def test_a_write_conflicts_with_nothing_that_happens_to_queued_intents(
    client: Client, settings: Settings, transaction: Transaction, intents: outbox.Intents
) -> None:
    one, two, three = _batch("a"), _batch("b"), _batch("c")
    collection = database(client, settings)[outbox.COLLECTION]
    await transaction.write(one)
    await intents.queue(one.intent_id)
    async with await client.start_session() as session, session.start_transaction():
        await collection.delete_one({"_id": one.intent_id}, session=session)
        assert (await transaction.write(two)).must_queue
    assert not (await transaction.write(three)).must_queue


async def test_only_intents_open_for_too_long_are_taken_over(
    transaction: Transaction, intents: outbox.Intents
) -> None:
    batch = _batch("a", "b")
    await transaction.write(batch)
    assert await intents.take_over(60) == 0
    assert await intents.oldest_queued(10) == []

    async def is_old_enough() -> bool:
        return await intents.oldest_age() > 0.05

    await eventually(is_old_enough)
    assert await intents.take_over(0.01) == 1
    assert await intents.oldest_queued(10) == [batch.intent]


async def test_intents_whose_time_is_damaged_are_taken_over(
    transaction: Transaction, intents: outbox.Intents, world: World
) -> None:
    # For MongoDB, the last two are greater than every time.
    damaged = [None, "yesterday", 1, Timestamp(2**31, 1), MaxKey()]
    await intents_of(world).insert_many(
        {"_id": f"damaged {number}", "state": "open", "ids": [], "records": [], "opened_at": time}
        for number, time in enumerate(damaged)
    )
    await transaction.write(_batch("a"))
    assert await intents.take_over(60) == len(damaged)


async def test_a_change_waits_for_open_intents_but_only_for_a_limited_time(
    settings: Settings, client: Client, transaction: Transaction, intents: outbox.Intents
) -> None:
    # Without Kafka, an intent is queued instead of published.
    publisher = Publisher(settings, Metrics(), OnePartition(settings))
    create, change = (
        _batch("a"),
        Intent("a change", records=[TopicRecord(b"ana", b"{}", [("a", b"b")])]),
    )
    await transaction.write(create)
    async with await client.start_session() as session, session.start_transaction():
        ids = create.intent.ids
        assert await intents.open_before(["eve"], ids, session) == [create.intent_id]
        assert await intents.open_before(["ana"], [], session) == []
        await intents.open(change, session)
        assert await intents.open_before(["ana"], [], session) == [change.id]
        assert await intents.open_before(["eve"], [], session) == [], (
            "an intent must not wait for those of other users"
        )

    async def is_old_enough() -> bool:
        return await intents.oldest_age() > 0.05

    await eventually(is_old_enough)
    async with await client.start_session() as session:
        async with asyncio.timeout(5):
            impatient = Handover(intents, publisher, ConfirmedIntents(intents), 0.05)
            await impatient.publish_in_order(change, [create.intent_id], session)
        assert await intents.oldest_queued(10) == [], "only a takeover may queue the stuck intent"

        waiting = asyncio.create_task(
            Handover(intents, publisher, ConfirmedIntents(intents), 60).publish_in_order(
                change, [create.intent_id], session
            )
        )
        await asyncio.wait([waiting], timeout=0.1)
        assert not waiting.done()
        await intents.delete([create.intent_id])
        await waiting
        assert await intents.oldest_queued(10) == [change]


async def test_turns_of_a_user_rise_even_if_the_clock_goes_back(
    client: Client, settings: Settings
) -> None:
    collection = database(client, settings)[inbox_turns.COLLECTION]
    ahead = datetime(2100, 1, 1, tzinfo=UTC)
    await collection.insert_one({"_id": "ana", "at": ahead})
    async with await client.start_session() as session:
        turns = inbox_turns.Turns(collection)
        moments = [await turns.take("ana", session) for _ in range(2)]
        assert moments == [ahead + timedelta(milliseconds=count) for count in (1, 2)]
        assert abs(await turns.take("eve", session) - datetime.now(UTC)) < timedelta(minutes=1)


async def test_intents_taken_over_are_queued_by_their_age(
    client: Client, intents: outbox.Intents
) -> None:
    """The order is not that of the ids, because the clocks of processes differ."""
    for name in ("c", "a", "b"):
        async with await client.start_session() as session, session.start_transaction():
            await intents.open(Intent(name), session)
        await asyncio.sleep(0.002)  # MongoDB's times have a resolution of one millisecond

    async def all_taken_over() -> bool:
        return await intents.take_over(0.001) == 0

    await eventually(all_taken_over)
    assert [intent.id for intent in await intents.oldest_queued(10)] == ["c", "a", "b"]


@pytest.mark.parametrize("opened_at", [datetime(2100, 1, 1, tzinfo=UTC), Timestamp(1, 1)])
async def test_an_intent_with_a_wrong_time_counts_as_opened_long_ago(
    intents: outbox.Intents, world: World, opened_at: object
) -> None:
    """The clock of MongoDB's primary was wrong for a while, for example."""
    await leave_open(world, "one")
    await intents_of(world).update_one({"_id": "one"}, {"$set": {"opened_at": opened_at}})
    age = await intents.oldest_open(["one"])
    assert age is not None
    assert age > 3600, "nobody must wait for it"
    assert await intents.take_over(3600) == 1


async def test_keyed_requests_of_erased_users_lose_their_fingerprint(
    client: Client, transaction: Transaction, idempotency: RequestStore
) -> None:
    new = [NewNotification(user_id=user, type="t", title="x") for user in ("ana", "eve", "ana")]
    shared = PendingRequest(new, key=RequestKey("shared", "f"))
    eves = PendingRequest(new[1:2], key=RequestKey("eves", "f"))
    await transaction.write(seal([shared, eves], IdSource()))
    async with await client.start_session() as session:
        async with session.start_transaction():
            await idempotency.forget_user("ana", session)
        anas = await idempotency.find("shared", session)
        assert anas is not None
        assert (anas.fingerprint, len(anas.ids)) == (None, 3)
        kept = await idempotency.find("eves", session)
        assert kept is not None
        assert kept.fingerprint == "f"
    with pytest.raises(RequestsRepeatedError) as refusal:
        await transaction.write(seal([shared, eves], IdSource()))
    assert refusal.value.requests == {shared, eves}, "one look-up must find both repeats"


async def test_a_write_that_meets_another_transaction_begins_again(
    client: Client, settings: Settings, transaction: Transaction, idempotency: RequestStore
) -> None:
    await idempotency.prepare()
    keys = database(client, settings)["idempotency"]
    new = NewNotification(user_id="ana", type="t", title="x")
    batch = seal([PendingRequest([new], key=RequestKey("k", "f"))], IdSource())
    async with await client.start_session() as session:
        async with session.start_transaction():
            stored = {"_id": "k", "created_at": datetime.now(UTC)}
            await keys.insert_one(stored, session=session)
            writing = asyncio.create_task(transaction.write(batch))
            await asyncio.wait([writing], timeout=0.1)
            assert not writing.done(), "the other transaction may still abort"
        with pytest.raises(RequestsRepeatedError):
            await writing


async def test_a_request_that_creates_nothing_leaves_its_key_free(
    transaction: Transaction, idempotency: RequestStore, client: Client
) -> None:
    good = NewNotification(user_id="ana", type="t", title="x")
    requests = [
        PendingRequest(
            [NotValidError([FieldFinding("notifications.0", "no")])], key=RequestKey("none", "f")
        ),
        PendingRequest(
            [good, NotValidError([FieldFinding("notifications.1", "no")])], key=RequestKey("k", "f")
        ),
        PendingRequest([good, good], key=RequestKey("half", "f")),
    ]
    batch = seal(requests, IdSource())
    batch.items[-1].fail(NotStorableError())
    await transaction.write(batch.without(batch.items[-1]))
    async with await client.start_session() as session:
        assert await idempotency.find("none", session) is None
        records = [await idempotency.find(key_id, session) for key_id in ("k", "half")]
    stored_items = [record.items for record in records if record is not None]
    assert [[type(item) for item in items] for items in stored_items] == [
        [str, NotValidError],
        [str, NotStorableError],
    ]
    invalid = stored_items[0][1]
    assert isinstance(invalid, NotValidError)
    assert invalid.findings == [FieldFinding("notifications.1", "no")]
