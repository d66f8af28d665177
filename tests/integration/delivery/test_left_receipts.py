"""Owed receipts are stored before `delivered_at`. If an instance dies, another one sends them."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace as Namespace
from typing import Any, cast

import pytest
from bson import ObjectId
from pymongo.errors import AutoReconnect

from delivery.chores import receipt_recovery as module
from delivery.chores.receipt_recovery import ReceiptRecovery
from delivery.core.receipt import Receipt
from delivery.delivered.writer import DeliveredWriter
from delivery.inbox import Inbox
from delivery.push.owner import Owner
from delivery.push.subscribers import Subscribers
from delivery.receipts.owed_receipts import COLLECTION, Delivered, OwedReceipts
from delivery.receipts.queue import Receipts
from delivery.receipts.records import record_bodies
from delivery.receipts.written import WrittenReceipts
from producer_api.contract.events import ReceiptType
from tests.services.waiting import eventually
from tests.services.world import World

Moments = Iterable[tuple[datetime, Collection[str], Sequence[str]]]

_UNKNOWN_ID = "019a0000-0000-7000-8000-000000000000"


class _Kafka:
    """A receipt writer that confirms each receipt immediately."""

    def __init__(self, receipts: Receipts) -> None:
        self.confirmed: list[Receipt] = []
        self._receipts = receipts

    async def run(self) -> None:
        """Confirm receipts until cancelled."""
        while True:
            await self._receipts.any()
            oldest = self._receipts.oldest(1_000)
            self.confirmed += [receipt for queued in oldest for receipt in queued.receipts]
            self._receipts.confirm(oldest)


@asynccontextmanager
async def _parts(world: World) -> AsyncIterator[tuple[Inbox, OwedReceipts, Receipts, _Kafka]]:
    settings, receipts = world.settings, Receipts()
    inbox, kafka = Inbox(settings.mongo_url, settings.mongo_database), _Kafka(receipts)
    owed = OwedReceipts(inbox.database[COLLECTION], "http://here:1")
    tasks = [asyncio.create_task(kafka.run()), asyncio.create_task(owed.run())]
    try:
        yield inbox, owed, receipts, kafka
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        inbox.close()


def _recovery_of(
    world: World, inbox: Inbox, owed: OwedReceipts, receipts: Receipts, *members: str
) -> ReceiptRecovery:
    owner = cast(Owner, Namespace(partitions={0: None}))
    subscribers = cast(Subscribers, Namespace(ownership=Namespace(owners=members)))
    written = WrittenReceipts(world.settings)
    return ReceiptRecovery(owner, subscribers, inbox, owed, receipts, written)


async def test_receipts_are_owed_from_before_the_write_until_kafka_confirms_them(
    world: World,
) -> None:
    id_ = (await world.create("ana"))[0]
    async with _parts(world) as (inbox, owed, receipts, kafka):
        collection: Any = world.mongo[world.settings.mongo_database][COLLECTION]
        owed_at_the_write: list[Any] = []

        class _Watched(Namespace):
            async def mark_delivered(self, moments: Moments, _seconds: float) -> int:
                owed_at_the_write.append(await collection.find_one({"run": {"$exists": True}}))
                return await inbox.mark_delivered(moments)

        writer = DeliveredWriter(cast(Inbox, _Watched()), owed, receipts)
        writing = asyncio.create_task(writer.run())
        written = asyncio.Event()
        writer.add(Delivered("ana", [id_], 2), written.set)
        async with asyncio.timeout(20):
            await written.wait()
        assert owed_at_the_write[0]["delivered"] == [["ana", [id_], 2]]

        async def is_confirmed() -> bool:
            return bool(await collection.count_documents({"run": {"$exists": True}}) == 0)

        await eventually(is_confirmed)
        writing.cancel()
        await asyncio.wait((writing,))
    (receipt,) = kafka.confirmed
    assert (receipt.kind, list(receipt.ids), receipt.attempt) == (ReceiptType.DELIVERED, [id_], 2)


async def test_each_expiry_has_one_receipt_even_if_many_expire_at_the_same_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_EXPIRED_PER_ROUND", 2)
    past = datetime.now(UTC) - timedelta(minutes=1)
    expired = [world.document("ana", expires_at=past) for _ in range(5)]
    unexpired = [
        world.document("ana", expires_at=past, delivered_at=past),
        world.document("ana", expires_at=past, superseded_by=expired[0]["_id"]),
        world.document("ana", expires_at=world.in_an_hour()),
        world.document("ana"),
    ]
    await world.inbox.insert_many([*expired, *unexpired])
    async with _parts(world) as (inbox, owed, receipts, kafka):
        recovery = _recovery_of(world, inbox, owed, receipts)
        while await recovery._recover_expired():
            pass
        assert not await recovery._recover_expired()
    sent = [id_ for receipt in kafka.confirmed for id_ in receipt.ids]
    assert sent == [document["_id"] for document in expired]


async def test_receipts_of_a_failed_write_are_confirmed_after_its_retry(world: World) -> None:
    id_ = (await world.create("ana"))[0]
    async with _parts(world) as (inbox, owed, receipts, kafka):
        collection: Any = world.mongo[world.settings.mongo_database][COLLECTION]
        failures = [AutoReconnect(), AutoReconnect()]

        class _Failing(Namespace):
            async def mark_delivered(self, moments: Moments, _seconds: float) -> int:
                if failures:
                    raise failures.pop()
                return await inbox.mark_delivered(moments)

        writer = DeliveredWriter(cast(Inbox, _Failing()), owed, receipts)
        writing = asyncio.create_task(writer.run())
        writer.add(Delivered("ana", [id_], 1), lambda: None)
        await world.all_delivered([id_])

        async def is_empty() -> bool:
            return bool(await collection.count_documents({"run": {"$exists": True}}) == 0)

        await eventually(is_empty)
        writing.cancel()
        await asyncio.wait((writing,))
    assert [list(receipt.ids) for receipt in kafka.confirmed] == [[id_]]


async def test_an_instance_does_not_send_receipts_of_another_living_instance(world: World) -> None:
    id_ = (await world.create("ana", delivered_at=datetime.now(UTC)))[0]
    async with _parts(world) as (inbox, owed, receipts, kafka):
        await _owed_elsewhere(inbox, id_, "http://there:1")
        await _owed_elsewhere(inbox, id_, "http://here:1")  # left by our previous run
        recovery = _recovery_of(world, inbox, owed, receipts, "http://here:1", "http://there:1")
        await recovery._recover_left()
        assert len(kafka.confirmed) + len(receipts.oldest(9)) == 1
        await _recovery_of(world, inbox, owed, receipts, "http://here:1")._recover_left()
        await receipts.confirmed(10)
    assert {tuple(receipt.ids) for receipt in kafka.confirmed} == {(id_,)}
    assert len(kafka.confirmed) >= 2


async def test_no_receipt_of_a_dead_instance_reports_the_delivery_by_another_instance(
    world: World,
) -> None:
    now = datetime.now(UTC)
    moments = [round(at.timestamp() * 1000) for at in (now, now - timedelta(seconds=1))]
    ids = await world.create("ana", 2, delivered_at=datetime.fromtimestamp(moments[0] / 1000, UTC))
    async with _parts(world) as (inbox, owed, receipts, kafka):
        for id_, moment in zip(ids, moments, strict=True):
            await _owed_elsewhere(inbox, id_, "http://there:1", moment)
        await _recovery_of(world, inbox, owed, receipts, "http://here:1")._recover_left()
        await world.all_receipts_confirmed()
    (receipt,) = kafka.confirmed
    assert (receipt.ids, receipt.at) == ((ids[0],), moments[0] / 1000), (
        "the receipt must report the delivery that the inbox has"
    )


async def test_a_receipt_that_a_dead_instance_wrote_is_not_written_again(world: World) -> None:
    told, untold = ids = await world.create("ana", 2, delivered_at=datetime.now(UTC))
    async with _parts(world) as (inbox, owed, receipts, kafka):
        for id_ in ids:
            await _owed_elsewhere(inbox, id_, "http://there:1")
        receipt = Receipt(ReceiptType.DELIVERED, "ana", (told,), 1.0, 1)
        ((value, headers),) = record_bodies(receipt, "http://there:1")
        topic = world.settings.receipt_topic
        await world.producer.send_and_wait(topic, value, key=b"ana", headers=headers)
        await _recovery_of(world, inbox, owed, receipts, "http://here:1")._recover_left()
        await world.all_receipts_confirmed()
    assert [receipt.ids for receipt in kafka.confirmed] == [(untold,)]


async def test_receipts_of_a_write_that_may_still_happen_stay_owed(world: World) -> None:
    id_ = (await world.create("ana"))[0]
    async with _parts(world) as (inbox, owed, receipts, kafka):
        collection: Any = world.mongo[world.settings.mongo_database][COLLECTION]

        async def is_empty() -> bool:
            return bool(await collection.count_documents({"run": {"$exists": True}}) == 0)

        await _owed_elsewhere(inbox, id_, "http://there:1")
        recovery = _recovery_of(world, inbox, owed, receipts, "http://here:1")
        await recovery._recover_left()
        assert not owed._ended
        # The write is made by an instance that has left the group, but still runs.
        await inbox.mark_delivered([(datetime.now(UTC), ["ana"], [id_])])
        await recovery._recover_left()
        await eventually(is_empty)
        await _owed_elsewhere(inbox, _UNKNOWN_ID, "http://there:1")
        aged = {"$set": {"at": datetime.now(UTC) - timedelta(minutes=2)}}
        await collection.update_one({"delivered.0.1": [_UNKNOWN_ID]}, aged)
        await recovery._recover_left()
        await eventually(is_empty)
    assert [receipt.ids for receipt in kafka.confirmed] == [(id_,)]


async def test_receipts_are_queued_once_while_kafka_accepts_none(world: World) -> None:
    id_ = (await world.create("ana", delivered_at=datetime.now(UTC)))[0]
    settings, receipts = world.settings, Receipts()
    inbox = Inbox(settings.mongo_url, settings.mongo_database)
    owed = OwedReceipts(inbox.database[COLLECTION], "http://here:1")
    recovery = _recovery_of(world, inbox, owed, receipts, "http://here:1")
    await _owed_elsewhere(inbox, id_, "http://there:1")
    for _ in range(3):
        await recovery._recover_left()
    assert receipts.size == 1
    receipts.confirm(receipts.oldest(1))
    assert len(owed._ended) == 1
    await recovery._recover_left()
    assert receipts.size == 1, "after a failed deletion, the receipt must be sent again"
    inbox.close()


async def _owed_elsewhere(inbox: Inbox, id_: str, instance: str, *moments: int) -> None:
    other = OwedReceipts(inbox.database[COLLECTION], instance)
    opened = ObjectId()
    await other.open(opened, [Delivered("ana", [id_], 1)], moments)
    long_ago = datetime.now(UTC) - timedelta(seconds=10)
    await inbox.database[COLLECTION].update_one({"_id": opened}, {"$set": {"at": long_ago}})


async def test_damaged_documents_are_skipped_after_one_read(world: World) -> None:
    async with _parts(world) as (inbox, owed, _, _):
        at = datetime.now(UTC) - timedelta(hours=1)
        good = {"instance": "gone", "run": "x", "at": at, "delivered": [["ana", ["id"], 1]]}
        damages: list[dict[str, Any]] = [
            {"delivered": 5},
            {"delivered": [5]},
            {"delivered": [["ana", [5], 1]]},
            {"delivered": [["ana", ["id"]]]},
            {"instance": "http://here:1", "at": "yesterday"},
            {"moments": ["now"]},
        ]
        await inbox.database[COLLECTION].insert_many([{**good, **damage} for damage in damages])
        await inbox.database[COLLECTION].insert_one(good)
        assert await owed.oldest(1.0, len(damages)) == []
        (readable,) = await owed.oldest(1.0, len(damages))
        assert readable.delivered == [Delivered("ana", ["id"], 1)]
