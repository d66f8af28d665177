"""What is told, to whom, and how often."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from aiokafka.client import AIOKafkaClient

from delivery.away.core.entry import Entry, Way
from delivery.away.store.entries import Entries
from producer_api.contract.events import ReceiptType, headers
from tests.fuzz.malformed_cases import MalformedLog, write_cases
from tests.integration.away.entries import all_ended, collection, subscribe
from tests.services.program import Program, running
from tests.services.push_service import PushService
from tests.services.waiting import eventually
from tests.services.webhook_receiver import WebhookReceiver, hang, status
from tests.services.world import World

#: Two entries for each created record that is not too old. The repeated record counts twice.
_NOTED = 2 * (1 + 1 + 8 + 2 + 1)


async def test_only_what_the_shopper_lacks_is_told_and_it_is_told_once(
    world: World,
    away: Callable[..., Program],
    receiver: WebhookReceiver,
    push_service: PushService,
) -> None:
    phone, laptop, sleeping = (push_service.browser() for _ in range(3))
    for user, browser in (("ana", phone), ("ana", laptop), ("sleeper", sleeping)):
        await subscribe(world, user, browser)
    hour, now = timedelta(hours=1), datetime.now(UTC)
    span = {"from": f"{now - hour:%H:%M}", "to": f"{now + hour:%H:%M}", "time_zone": "UTC"}
    await collection(world, "preferences").insert_many(
        [{"_id": "muting", "muted": ["order"]}, {"_id": "sleeper", "quiet_hours": span}]
    )
    async with running(program := away()):
        (told,) = await world.create("ana", title="Falta", collapse_key="order 1")
        (late,) = await world.create("sleeper")
        await _create_what_is_not_told(world, told)

        async def is_told() -> bool:
            return len(receiver.told) == 2 and bool(phone.messages and laptop.messages)

        await eventually(is_told)
        # The program reads this record a second time, and must not tell the user again.
        await world.publish(await world.inbox.find_one({"_id": told}))

        async def only_the_sleeper_waits() -> bool:
            left = await collection(world).find({"next_at": {"$exists": True}}).to_list(None)
            noted = (await program.samples())["delivery_away_noted_total"]
            ids = [str(entry["_id"]) for entry in left]
            return noted == _NOTED and ids == [f"{late}:push"]

        await eventually(only_the_sleeper_waits)
    assert sorted(receiver.ids()) == sorted([told, late])
    assert [each["title"] for each in phone.messages] == ["Falta"]
    assert laptop.messages == phone.messages
    assert phone.messages[0]["tag"] == "order 1"
    assert sleeping.messages == []
    assert receiver.problems + push_service.problems == []


async def _create_what_is_not_told(world: World, newer: str) -> None:
    now = datetime.now(UTC)
    for fields in (
        {"delivered_at": now},
        {"seen_at": now},
        {"read_at": now},
        {"archived_at": now},
        {"superseded_by": newer},
        {"removed": "withdrawn"},
        {"removed": "muted"},
        {"expires_at": now + timedelta(seconds=0.2)},
    ):
        await world.create("ana", title="No", **fields)
    await world.create("muting", title="No")
    await world.create("erased", title="No")
    await world.erase("erased")
    old = world.document("ana", created_at=now - timedelta(days=2))
    await world.inbox.insert_one(old)
    await world.publish(old)


async def test_a_receipt_of_delivery_ends_the_entry_at_once(
    world: World, away: Callable[..., Program], receiver: WebhookReceiver
) -> None:
    async with running(away(AWAY_AFTER_SECONDS="3600")):
        (notification,) = await world.create("ana")
        entries = collection(world)

        async def count_is(expected: int) -> bool:
            return bool(await entries.count_documents({}) == expected)

        await eventually(lambda: count_is(2))
        await world.producer.send_and_wait(
            world.settings.receipt_topic,
            key=b"ana",
            value=b'{"notification_id":"%b","user_id":"ana"}' % notification.encode(),
            headers=headers("r", ReceiptType.DELIVERED, "/test", "2026-11-02T08:00:00Z"),
        )
        await eventually(lambda: count_is(0))
    assert receiver.calls == {}


async def test_processes_share_the_work_and_what_quiet_hours_have_held_back(
    world: World, away: Callable[..., Program], receiver: WebhookReceiver, push_service: PushService
) -> None:
    sleepers = {f"sleeper-{number}": push_service.browser() for number in range(20)}
    for user, browser in sleepers.items():
        await subscribe(world, user, browser)
    preferences, entries = collection(world, "preferences"), collection(world)
    now, hour = datetime.now(UTC), timedelta(hours=1)
    night, day = [
        {"from": f"{at:%H:%M}", "to": f"{at + 2 * hour:%H:%M}", "time_zone": "UTC"}
        for at in (now - hour, now + 2 * hour)
    ]
    await preferences.insert_many([{"_id": user, "quiet_hours": night} for user in sleepers])
    programs = [away(AWAY_WEBHOOK_SLOTS="2") for _ in range(3)]
    async with running(*programs):
        ids = await world.create("ana", 60)
        for user in sleepers:
            ids += await world.create(user)

        async def are_held_back() -> bool:
            waiting = {"way": "push", "next_at": {"$gt": now + timedelta(minutes=50)}}
            held = await entries.count_documents(waiting)
            return len(receiver.told) == len(ids) and held == len(sleepers)

        await eventually(are_held_back)
        assert not any(browser.messages for browser in sleepers.values())
        await preferences.update_many({}, {"$set": {"quiet_hours": day}})
        await entries.update_many({"way": "push"}, {"$set": {"next_at": now}})  # the night is over
        await all_ended(world, len(ids) + len(sleepers))
        told = [(await each.samples())["delivery_away_told_total"] for each in programs]
    assert sorted(receiver.ids()) == sorted(ids)
    assert [len(browser.messages) for browser in sleepers.values()] == [1] * len(sleepers)
    assert sum(told) == len(ids) + len(sleepers)
    assert min(told) > 0


async def test_a_crash_between_the_claim_and_the_webhooks_answer_loses_nothing(
    world: World, away: Callable[..., Program], receiver: WebhookReceiver
) -> None:
    receiver.answers["/all"] = hang
    entries = collection(world)
    async with running(program := away()):
        (notification,) = await world.create("ana")

        async def called() -> bool:
            return bool(receiver.calls)

        await eventually(called)
        await program.kill()
        receiver.answers["/all"] = status(204)
        await program.start_unready()  # not ready yet: the group waits for the dead process
        # The entry is still claimed by the dead process, so no other process calls the webhook.
        entry = await entries.find_one({"_id": f"{notification}:webhook"})
        assert entry["lease"]
        assert entry["next_at"] > datetime.now(UTC)
        await entries.update_one({"_id": entry["_id"]}, {"$set": {"next_at": datetime.now(UTC)}})
        await all_ended(world, 1)
    # The receiver recognizes the repeat by its id.
    assert receiver.calls["/all"] == [notification] * 2
    assert receiver.ids() == [notification]


async def test_what_must_be_seen_is_told_although_it_is_delivered(
    world: World, away: Callable[..., Program], receiver: WebhookReceiver
) -> None:
    now = datetime.now(UTC)
    async with running(away(AWAY_UNTIL="seen")):
        (delivered,) = await world.create("ana", delivered_at=now)
        await world.create("ana", delivered_at=now, seen_at=now)
        await all_ended(world, 1)
    assert receiver.ids() == [delivered]
    assert receiver.told[0]["type"] == "notification.unseen"


async def test_malformed_records_do_not_stop_the_others_from_being_sent(
    world: World, away: Callable[..., Program], receiver: WebhookReceiver
) -> None:
    client = AIOKafkaClient(bootstrap_servers=world.settings.kafka_bootstrap_servers)
    log = MalformedLog(world, client, "ana")
    program = away()
    try:
        await client.bootstrap()
        async with running(program):
            await write_cases(log, world, "ana")
            elsewhere = await world.create("berto")
            ids = [*log.created, *elsewhere]

            async def all_are_sent() -> bool:
                return set(receiver.ids()) == set(ids)

            await eventually(all_are_sent)
            samples = await program.samples()
            assert samples['delivery_away_ignored_total{cause="unreadable"}'] == 6
    finally:
        await client.close()
    assert len(receiver.ids()) == len(ids), "each is sent once"


async def test_an_erasure_takes_the_entries_that_a_process_works_on(world: World) -> None:
    entries = Entries(collection(world), 3_600, 3_600)
    await entries.prepare()
    now = datetime.now(UTC)
    await entries.note([Entry(Way.WEBHOOK, "n", "ana", "order", now)])
    (claim,) = await entries.claim(Way.WEBHOOK, {}, 1, now)
    await entries.make_due("ana", now)
    await entries.end_dead(claim, now, "too late")
    (again,) = await entries.claim(Way.WEBHOOK, {}, 1, now)
    await entries.drop(again)
    assert await collection(world).count_documents({"user_id": "ana"}) == 0
