"""Records of marks follow earlier records on the log, even after crashes and outages."""

import asyncio
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from delivery.consume.parse_record import InboxChange, parse_record
from tests.auditor.read_topic import read_log
from tests.faults.proxy import KafkaLink
from tests.integration.producer_api.api import Api
from tests.integration.producer_api.changes import changes_of, kinds_of
from tests.integration.producer_api.outside import PATIENT, drained, kill, leases, outbox
from tests.services.parts import away
from tests.services.program import Program, running
from tests.services.waiting import eventually
from tests.services.world import World


async def test_delivery_and_auditor_read_marks_as_changes(api: Api, world: World) -> None:
    created_id = (await api.created())["id"]
    await api.mark("ana", created_id, read=True, archived=True)
    await api.created()
    await api.mark_all_read("ana")
    topic = world.settings.kafka_topic
    await drained(world)
    records = [parse_record(record, 1) for record in await world.records(topic)]
    are_changes = [isinstance(record, InboxChange) for record in records]
    assert are_changes == [False, True, True, False, True]
    log = await read_log(world.settings.kafka_client_options(), topic)
    assert [record.problem for record in log.records] == [""] * 5
    assert [record.creates for record in log.records] == [True, False, False, True, False]


async def test_counts_fall_one_by_one_during_concurrent_marks(
    two: tuple[Program, Program], world: World
) -> None:
    async with Api(two[0].url) as one, Api(two[1].url) as other:
        documents = [world.document("ana") for _ in range(40)]
        await world.inbox.insert_many(documents)
        apis = itertools.cycle((one, other))
        answers = await asyncio.gather(
            *(next(apis).mark("ana", document["_id"], read=True) for document in documents)
        )
        assert {answer.status_code for answer in answers} == {200}
        changes = await changes_of(world)
    assert [change.value["unread_count"] for change in changes] == list(range(39, -1, -1))
    times = [change.time for change in changes]
    assert times == sorted(set(times))
    await drained(world)


async def test_marks_made_without_kafka_are_published_in_order(
    api: Api, world: World, kafka: KafkaLink
) -> None:
    first = (await api.created())["id"]
    async with away(kafka):
        second = (await api.created())["id"]
        for created_id in (first, second):
            assert (await api.mark("ana", created_id, read=True)).status_code == 200
        assert (await api.mark("ana", first, read=False)).status_code == 200
        third = (await api.created())["id"]
        assert (await api.mark_all_read("ana")).status_code == 200
        assert (await api.withdraw(third)).status_code == 204
    await drained(world)
    assert [(change.kind, change.ids) for change in await changes_of(world)] == [
        ("created", [first]),
        ("created", [second]),
        ("read", [first]),
        ("read", [second]),
        ("unread", [first]),
        ("created", [third]),
        ("read", [third, first]),
        ("withdrawn", [third]),
    ]
    assert await api.metric('producer_records_published_total{sender="relay"}') >= 5


async def test_a_mark_does_not_overtake_queued_records(
    api: Api, world: World, kafka: KafkaLink
) -> None:
    """Kafka is back, but the relay cannot run, because another process holds its lease."""
    another = {"holder": "another", "expires_at": datetime.now(UTC) + timedelta(hours=1)}
    await leases(world).update_one({"_id": "outbox"}, {"$set": another}, upsert=True)
    async with away(kafka):
        created_id = (await api.created())["id"]

    async def is_ready() -> bool:
        return (await api.client.get("/readyz")).is_success

    await eventually(is_ready)
    assert (await api.mark("ana", created_id, read=True)).status_code == 200
    assert await outbox(world).count_documents({"state": "queued"}) == 2
    await leases(world).delete_one({"_id": "outbox"})
    await drained(world)
    assert await kinds_of(world) == ["created", "read"]


async def test_a_mark_is_published_if_its_process_crashes_before_the_publish(
    another: Callable[..., Program], world: World, kafka: KafkaLink
) -> None:
    crashing = another(**PATIENT)
    async with running(crashing), Api(crashing.url) as api:
        created_id = (await api.created())["id"]
        await drained(world)  # so that the open intent below is the mark's, not the create's
        await kafka.stop()
        try:
            marking = asyncio.create_task(api.mark("ana", created_id, read=True))
            await _until_opened(world, 1)
            await kill(crashing, world)
            await asyncio.wait([marking])
            assert marking.exception() is not None
        finally:
            await kafka.start()
    async with running(successor := another()), Api(successor.url) as api:
        assert (await api.listed(status="unread")).json()["items"] == []
        assert (await api.mark("ana", created_id, read=True)).status_code == 200, (
            "a repeat must succeed and change nothing"
        )
        await drained(world)
    assert await kinds_of(world) == ["created", "read"]


async def test_a_mark_waits_for_the_create_of_a_dead_process(
    another: Callable[..., Program], world: World, kafka: KafkaLink
) -> None:
    """The record of a listed notification, or of an earlier mark, may not be on the log yet."""
    crashing = another(**PATIENT)
    async with running(crashing), Api(crashing.url) as api:
        await kafka.stop()
        try:
            creating = asyncio.create_task(api.create())
            await _until_opened(world, 1)
            await kill(crashing, world)
            await asyncio.wait([creating])
        finally:
            await kafka.start()
        assert creating.exception() is not None
    successor = another(PRODUCER_API_TAKEOVER_SECONDS="30")
    async with running(successor), Api(successor.url) as api:
        [created_id] = await api.ids()
        for mark in (True, False):
            assert (await api.mark("ana", created_id, read=mark)).status_code == 200
        assert await outbox(world).count_documents({"state": "open"}) == 3, (
            "the create and both marks must wait"
        )
        aged = {"opened_at": {"$subtract": ["$opened_at", 60_000]}}
        await outbox(world).update_many({"state": "open"}, [{"$set": aged}])
        await drained(world)
    assert await kinds_of(world) == ["created", "read", "unread"]


async def _until_opened(world: World, count: int) -> None:
    async def are_open() -> bool:
        return bool(await outbox(world).count_documents({"state": "open"}) == count)

    await eventually(are_open)
