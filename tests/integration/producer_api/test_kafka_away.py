"""While Kafka is down, creates succeed, and their records reach the log later, in order."""

import asyncio
import itertools
from collections.abc import Callable

import httpx

from tests.faults.proxy import KafkaLink
from tests.integration.producer_api.api import Api, notification
from tests.integration.producer_api.outside import (
    PATIENT,
    drained,
    kill,
    leases,
    logged,
    outbox,
)
from tests.services.program import Program, running
from tests.services.waiting import eventually
from tests.services.world import World


async def test_records_of_two_processes_reach_the_log_in_order(
    another: Callable[..., Program], world: World, kafka: KafkaLink
) -> None:
    """Each create starts after the other process has answered the previous one."""
    two = [another(PRODUCER_API_LEASE_SECONDS="60") for _ in range(2)]
    async with running(*two), Api(two[0].url) as one, Api(two[1].url) as other:
        apis = itertools.cycle((one, other))
        created = [(await next(apis).created())["id"] for _ in range(4)]
        await kafka.stop()
        try:
            created += [(await next(apis).created())["id"] for _ in range(30)]
            ready = await one.client.get("/readyz")
            assert ready.status_code == 503
            assert "Kafka" in ready.json()["detail"]
            assert "MongoDB" not in ready.json()["detail"]
            await eventually(lambda: _is_behind(other))
        finally:
            starting = asyncio.create_task(kafka.start())
        # Continue to create while Kafka restarts and the relay works, until the outbox is empty.
        while not starting.done() or await outbox(world).count_documents({"state": "queued"}):
            created.append((await next(apis).created())["id"])
        await starting
        created += [(await next(apis).created())["id"] for _ in range(4)]
        await drained(world)

        assert await logged(world) == created
        relayed = [
            await api.metric('producer_records_published_total{sender="relay"}')
            for api in (one, other)
        ]
        assert min(relayed) == 0, "only the holder of the lease may relay"
        assert max(relayed) >= 30
        for api in (one, other):
            await _until_ready(api)
            await _until_all_published(api)


async def _is_behind(api: Api) -> bool:
    return await api.metric("producer_oldest_unpublished_seconds") > 0


async def _until_ready(api: Api) -> None:
    async def is_ready() -> bool:
        return (await api.client.get("/readyz")).is_success

    await eventually(is_ready)


async def _until_all_published(api: Api) -> None:
    async def is_zero() -> bool:
        return await api.metric("producer_oldest_unpublished_seconds") == 0

    await eventually(is_zero)


async def test_full_batches_that_overlap_reach_the_log_in_order_while_kafka_comes_and_goes(
    api: Api, world: World, kafka: KafkaLink
) -> None:
    """Four callers keep three full batches under way: one is written while another is published."""
    of_callers: list[list[str]] = [[] for _ in range(4)]
    is_over = asyncio.Event()

    async def keep_calling(ids: list[str]) -> None:
        while not is_over.is_set():
            answer = await api.create_batch(*[notification()] * 500)
            assert answer.status_code == 200, answer.text
            ids += [result["notification"]["id"] for result in answer.json()["results"]]

    async with asyncio.TaskGroup() as callers:
        for ids in of_callers:
            callers.create_task(keep_calling(ids))
        for _ in range(3):
            await _until_more(of_callers)
            await kafka.stop()
            await _until_more(of_callers)
            await kafka.start()
        await _until_ready(api)
        await _until_more(of_callers)
        is_over.set()
    await drained(world)

    on_the_log = await logged(world)
    assert on_the_log == sorted(itertools.chain(*of_callers))
    # Each caller got its answer before it sent the next batch.
    assert all(ids == sorted(ids) for ids in of_callers)
    for sender in ("intake", "relay"):
        name = f'producer_records_published_total{{sender="{sender}"}}'
        assert await api.metric(name) > 0


async def _until_more(of_callers: list[list[str]]) -> None:
    """Wait until each caller has got another answer."""
    before = [len(ids) for ids in of_callers]

    async def have_more() -> bool:
        return all(len(ids) > count for ids, count in zip(of_callers, before, strict=True))

    await eventually(have_more)


async def test_without_kafka_only_the_first_create_waits_and_deleted_ones_stay_unpublished(
    api: Api, world: World, kafka: KafkaLink
) -> None:
    await kafka.stop()
    try:
        created = [(await api.created())["id"]]
        attempts = await api.metric("producer_publish_seconds_count")
        created.append((await api.created())["id"])
        assert await api.metric("producer_publish_seconds_count") == attempts, (
            "the second create must not try to publish"
        )
        deleted = [(await api.created())["id"] for _ in range(2)]
        await world.inbox.delete_many({"_id": {"$in": deleted}})
        created.append((await api.created())["id"])  # the relay must publish the earlier ones first
    finally:
        await kafka.start()
    await drained(world)
    assert await logged(world) == created


async def test_a_create_is_published_if_its_process_crashes_before_the_publish(
    another: Callable[..., Program], world: World, kafka: KafkaLink
) -> None:
    """One notification is muted. It stays muted, although its user unmutes before the publish."""
    crashing = another(**PATIENT)
    batch = notification(type="offer.new"), notification("eve", type="offer.new")

    async def has_open_intent() -> bool:
        return bool(await outbox(world).count_documents({"state": "open"}))

    async with running(crashing), Api(crashing.url) as api:
        before = await api.created(title="before")
        await api.prefer("eve", muted=["offer"])
        await drained(world)
        await kafka.stop()
        try:
            lost = asyncio.create_task(api.create_batch(*batch, key="k"))
            await eventually(has_open_intent)
            await kill(crashing, world)
            await asyncio.wait([lost])
            assert lost.exception() is not None
        finally:
            await kafka.start()
    found = world.inbox.find({"type": "offer.new"})
    written = {document["user_id"]: document["_id"] async for document in found}

    async with running(successor := another()), Api(successor.url) as api:
        await api.prefer("eve", muted=[])
        await drained(world)
        answer = await api.create_batch(*batch, key="k")
        items = [result["notification"] for result in answer.json()["results"]]
        repeated = [(item["id"], item.get("status")) for item in items]
        assert repeated == [(written["ana"], None), (written["eve"], "muted")]
        assert set(await logged(world)) == {before["id"], *written.values()}
        assert await _muted(world) == [written["eve"]]
        assert await api.metric('producer_records_published_total{sender="relay"}') == 2


async def _muted(world: World) -> list[str]:
    """Return the ids of the notifications whose records say that they are muted."""
    records = await world.records(world.settings.kafka_topic)
    headers = [dict(record.headers) for record in records]
    return [each["ce_id"].decode() for each in headers if each.get("removed") == b"muted"]


async def test_another_process_takes_the_lease_of_a_dead_relay(
    another: Callable[..., Program], world: World, kafka: KafkaLink
) -> None:
    async def holder() -> str | None:
        lease = await leases(world).find_one({})
        return lease and str(lease["holder"])

    async def is_held() -> bool:
        return await holder() is not None

    # A lease that lasts a little longer, so that a slow machine renews it in time.
    relay = another(PRODUCER_API_LEASE_SECONDS="5")
    async with running(relay):
        await eventually(is_held)
        dead = await holder()
        async with running(successor := another()), Api(successor.url) as api:
            # Kill the relay before it notices the outage: it would give its lease up.
            await kafka.stop()
            try:
                await relay.kill()
                assert await holder() == dead
                created = [(await api.created())["id"] for _ in range(3)]
            finally:
                await kafka.start()
            await drained(world)
            assert await logged(world) == created
            assert await holder() not in {dead, None}
            assert await api.metric('producer_records_published_total{sender="relay"}') == 3


async def test_a_refused_kafka_producer_is_replaced(
    api: Api, program: Program, world: World
) -> None:
    """A batch that the broker refuses breaks the sequence numbers of an idempotent producer."""
    topic = world.settings.kafka_topic

    async def is_replaced() -> bool:
        event = "kafka producer replaced"
        return any("MessageSizeTooLarge" in line and event in line for line in program.lines)

    created = [(await api.created())["id"]]
    await world.limit(topic, 100)
    created += [(await api.created())["id"] for _ in range(3)]
    await eventually(is_replaced)
    await world.limit(topic, 1_000_000)
    created += [(await api.created())["id"] for _ in range(3)]
    await drained(world)
    created += [(await api.created())["id"]]
    await drained(world)
    assert await logged(world) == created


async def test_a_program_started_without_kafka_accepts_creates_and_publishes_later(
    another: Callable[..., Program], world: World, kafka: KafkaLink
) -> None:
    program = another()
    await kafka.stop()
    try:
        await program.start_unready()
        async with Api(program.url) as api:

            async def is_accepted() -> bool:
                try:
                    return (await api.create(title="early")).status_code == 201
                except httpx.ConnectError:
                    return False

            await eventually(is_accepted)
            assert (await api.client.get("/healthz")).status_code == 200
            assert "Kafka" in (await api.client.get("/readyz")).json()["detail"]
            await kafka.start()
            await drained(world)
            await _until_ready(api)
            [early] = await logged(world)
            assert (await api.trace(early)).json()["title"] == "early"
    finally:
        if not program.end_awaited:
            await program.stop()
