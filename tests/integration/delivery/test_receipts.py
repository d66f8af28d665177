"""Each outcome of a notification has a receipt on the topic, even if an instance dies."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from bson import ObjectId

from delivery.receipts.owed_receipts import COLLECTION as OWED_RECEIPTS
from producer_api.contract.events import EventType, headers
from producer_api.contract.ids import milliseconds_of
from tests.integration.delivery.instances import all_live
from tests.services.program import ForkedProgram, Program, running
from tests.services.shopper import Shopper, connected
from tests.services.waiting import eventually
from tests.services.world import World


async def test_each_outcome_has_its_receipt(world: World, delivery: Program) -> None:
    ana = Shopper("ana", delivery.url)
    async with running(delivery), connected(ana):
        (delivered,) = await world.create("ana")
        (parked,) = await world.create("berto")
        soon = datetime.now(UTC) + timedelta(
            seconds=5
        )  # late enough that the record is parked first
        (expired,) = await world.create("berto", expires_at=soon)
        (older,) = await world.create("berto", superseded_by=delivered, collapse_key="k")
        (newest,) = await world.create("berto", collapse_key="another")
        unreadable = world.document("berto")
        await world.inbox.insert_one(unreadable)
        await world.producer.send_and_wait(
            world.settings.kafka_topic,
            key=b"berto",
            value=b"{",
            headers=headers(unreadable["_id"], EventType.CREATED, "/test", "2026-01-01T00:00:00Z"),
        )
        expected = {
            ("delivered", delivered),
            ("parked", parked),
            ("parked", expired),
            ("expired", expired),
            ("parked", older),
            ("superseded", older),
            ("parked", newest),
            ("dead_lettered", unreadable["_id"]),
        }
        await _until_receipts(world, lambda receipts: set(receipts) == expected)
        marked = await world.inbox.find({"dead_lettered_at": {"$ne": None}}).to_list()
        assert [document["_id"] for document in marked] == [unreadable["_id"]]
    for record in await world.records(world.settings.receipt_topic):
        value = orjson.loads(record.value)
        record_headers = dict(record.headers)
        outcome = record_headers["ce_type"].decode().removeprefix("notification.")
        assert record.key.decode() == value["user_id"]
        assert record_headers["ce_id"].decode() == f"{value['notification_id']}.{outcome}"
        assert record_headers["ce_time"].decode() == value["at"]
        assert value["instance"] == delivery.url
        assert value["attempt"] == (1 if outcome == "delivered" else 0)
        assert value.get("superseded_by") == (delivered if outcome == "superseded" else None)
        way = {name: value.get(name) for name in ("owner", "edge")}
        place = delivery.url if outcome == "delivered" else None
        assert way == {"owner": place, "edge": place}
        at = datetime.fromisoformat(value["at"]).timestamp() * 1000
        created = milliseconds_of(value["notification_id"]) or 0
        assert abs(value["latency_ms"] - (at - created)) <= 1


async def test_the_receipt_of_a_silent_client_has_the_number_of_attempts(
    world: World, stack_env: dict[str, str]
) -> None:
    impatient = {"DELIVERY_ACK_TIMEOUT_SECONDS": "0.3", "DELIVERY_ACK_ATTEMPTS": "2"}
    url = f"http://127.0.0.1:{stack_env['DELIVERY_PORT']}"
    delivery = ForkedProgram("delivery", url, stack_env | impatient)
    silent = Shopper("ana", delivery.url, acking=False)
    async with running(delivery), connected(silent):
        await all_live(1, delivery)
        (id_,) = await world.create("ana")
        await _until_receipts(world, lambda receipts: receipts[("parked", id_)] == 1)
    (record,) = await world.records(world.settings.receipt_topic)
    assert orjson.loads(record.value)["attempt"] == 2


async def test_receipts_of_a_dead_instance_are_sent_by_another(
    world: World, delivery: Program
) -> None:
    written, other = await world.create("ana", 2, delivered_at=datetime.now(UTC))
    (unwritten,) = await world.create("ana")
    owed: Any = world.mongo[world.settings.mongo_database][OWED_RECEIPTS]
    # Owed receipts of instances that died before or after the write of `delivered_at`.
    long_ago = datetime.now(UTC) - timedelta(minutes=2)
    await owed.insert_many(
        {
            "_id": ObjectId(),
            "instance": "http://gone:1",
            "run": "another",
            "at": at,
            "delivered": [["ana", ids, 3]],
        }
        for at, ids in ((datetime.now(UTC), [written]), (long_ago, [other, unwritten]))
    )

    async def none_is_owed() -> bool:
        return bool(await owed.count_documents({"run": {"$exists": True}}) == 0)

    async with running(delivery):
        await eventually(none_is_owed)
    sent = [
        (value["notification_id"], value["attempt"])
        for record in await world.records(world.settings.receipt_topic)
        if dict(record.headers)["ce_type"] == b"notification.delivered"
        and (value := orjson.loads(record.value))
    ]
    assert sorted(sent) == [(written, 3), (other, 3)]


async def test_users_get_everything_while_the_topic_accepts_no_receipts(
    world: World, delivery: Program
) -> None:
    ana = Shopper("ana", delivery.url)
    async with running(delivery), connected(ana):
        await world.create("ana")
        await ana.has(1)
        await world.limit(world.settings.receipt_topic, 10)
        created = await world.create("ana", 20)
        await world.create("berto", 3)
        await ana.has(21)
        await world.all_delivered(created)
        await _until_metric(delivery, "delivery_receipts_waiting", lambda value: value > 0)
        # Each commit waits up to 10 s for its receipts.
        await world.all_committed()
        await world.limit(world.settings.receipt_topic, 1_000_000)
        await _until_receipts(
            world, lambda receipts: {kind for kind, _ in receipts} == {"delivered", "parked"}
        )
        await _until_receipts(world, lambda receipts: len(receipts) == 24)
        await _until_metric(delivery, "delivery_receipts_waiting", lambda value: value == 0)


async def _until_metric(delivery: Program, metric: str, condition: Callable[[float], bool]) -> None:
    async def holds() -> bool:
        return condition(await delivery.metric(metric))

    await eventually(holds)


async def _until_receipts(world: World, holds: Callable[[Counter[tuple[str, str]]], bool]) -> None:
    """Wait for a condition on the receipts, counted by outcome and notification."""

    async def condition() -> bool:
        return holds(Counter(map(_outcome, await world.records(world.settings.receipt_topic))))

    await eventually(condition)


def _outcome(record: Any) -> tuple[str, str]:
    kind = dict(record.headers)["ce_type"].decode().removeprefix("notification.")
    return kind, orjson.loads(record.value)["notification_id"]
