"""Notifications that three producer APIs could not publish at first reach the log in order."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.faults.conftest import ProducersOf, ShopOf
from tests.faults.producers import TAKEOVER_SECONDS
from tests.faults.proxy import KafkaProxy
from tests.integration.producer_api.api import Api
from tests.integration.producer_api.outside import (
    A_MARK,
    PATIENT,
    drained,
    kill,
    leases,
    leave_open,
    logged,
    outbox,
)
from tests.services.parts import Services, away
from tests.services.waiting import eventually
from tests.services.world import World

pytestmark = pytest.mark.restarts_parts

_OLDEST = "producer_oldest_unpublished_seconds"
_PUBLISHING = "producer_publishing"
_LONG_LEASE = {"PRODUCER_API_LEASE_SECONDS": "600"}
#: Kafka is down for longer than a lease and the time to a takeover, so that both end in this time.
_SPAN_SECONDS = TAKEOVER_SECONDS + 3
#: An idle machine needs less than 2 s.
_FEW_SECONDS = 10


async def test_creates_work_without_kafka_and_are_published_in_order_afterwards(
    world: World, services: Services, shop: ShopOf
) -> None:
    async with shop() as opened:

        async def oldest_ages_are_between(low: float, high: float) -> bool:
            return all(low <= age <= high for age in await opened.producers.metric(_OLDEST))

        async with opened.orders.going_on():
            began = time.monotonic()
            async with away(services.kafka):

                async def oldest_age_grows_with_the_outage() -> bool:
                    return await oldest_ages_are_between(_SPAN_SECONDS, time.monotonic() - began)

                await eventually(oldest_age_grows_with_the_outage)
                await opened.orders.rounds(3)
            await eventually(lambda: oldest_ages_are_between(0, 1))
            await opened.orders.rounds(3)
        await opened.all_is_delivered()
        await eventually(lambda: oldest_ages_are_between(0, 0))
    assert not opened.orders.repeats, "the first request of each order must be answered 201"
    await opened.orders.each_once(world)


async def test_unpublished_records_of_a_killed_process_are_published_within_seconds(
    world: World, services: Services, producers_of: ProducersOf
) -> None:
    producers = producers_of(PATIENT, {}, {})

    async def has_open_intent() -> bool:
        return bool(await outbox(world).count_documents({"state": "open"}))

    async with producers.running(), Api(producers.urls[0]) as api:
        before = await api.created()
        await drained(world)
        await services.kafka.kill()
        try:
            lost = asyncio.create_task(api.create(title="written, not published"))
            await eventually(has_open_intent)
            due = time.monotonic() + TAKEOVER_SECONDS
            await kill(producers[0], world)
            await asyncio.wait([lost])
            assert isinstance(lost.exception(), httpx.TransportError)
        finally:
            await services.kafka.start()
        due = max(due, time.monotonic())
        await drained(world)
        assert time.monotonic() - due < _FEW_SECONDS
    [written] = [d async for d in world.inbox.find({"title": "written, not published"})]
    assert await logged(world) == [before["id"], written["_id"]]


async def test_a_relay_that_is_cut_off_from_kafka_lets_a_healthy_process_publish(
    world: World, services: Services, producers_of: ProducersOf, ports: Iterator[int]
) -> None:
    links = [KafkaProxy(next(ports), services.kafka_bootstrap) for _ in range(2)]
    producers = producers_of(
        # The lease would outlast the test, if its holder did not give it up.
        *({"KAFKA_BOOTSTRAP_SERVERS": link.bootstrap, **_LONG_LEASE} for link in links)
    )

    async def given_up() -> bool:
        return holder != await _holder(world)

    async def all_publish() -> bool:
        return await producers.metric(_PUBLISHING) == [1, 1]

    async with AsyncExitStack() as stack:
        for link in links:
            await stack.enter_async_context(link.running())
        await stack.enter_async_context(producers.running())
        apis = [await stack.enter_async_context(Api(url)) for url in producers.urls]
        created: list[str] = []
        # The process that was started first holds the lease. After its fault, the other one does.
        for sick, fault in ((0, links[0].cut()), (1, _blackholed(links[1]))):
            holder = await _holder(world)
            async with fault:
                began = time.monotonic()
                calls = (apis[sick], *[apis[1 - sick]] * 5)
                created += [(await api.created())["id"] for api in calls]
                await eventually(given_up)
                await drained(world)
                assert time.monotonic() - began < _FEW_SECONDS
                assert (await producers.metric(_PUBLISHING))[sick] == 0
                problem = await apis[sick].client.get("/readyz")
                assert "Kafka" in problem.json()["detail"]
                assert (await apis[1 - sick].client.get("/readyz")).is_success
            await eventually(all_publish)
    assert await logged(world) == created


@asynccontextmanager
async def _blackholed(link: KafkaProxy) -> AsyncIterator[None]:
    with link.back.blackholed():
        yield


async def _holder(world: World) -> str | None:
    """Return the process that has the relay's lease."""
    lease = await leases(world).find_one({})
    return None if lease is None else str(lease["holder"])


async def test_no_process_is_ready_while_the_outbox_does_not_drain(
    world: World, producers_of: ProducersOf
) -> None:
    """A process of another version, for example, may keep the lease and publish nothing."""
    producers = producers_of({})

    async def detail() -> str:
        answer = await api.client.get("/readyz")
        return "" if answer.is_success else str(answer.json()["detail"])

    async def is_stuck() -> bool:
        return "Outbox: the oldest notification has not been published" in await detail()

    async def is_ready() -> bool:
        return not await detail()

    lease = {"holder": "another", "expires_at": world.in_an_hour()}
    await leases(world).update_one({"_id": "outbox"}, {"$set": lease}, upsert=True)
    async with producers.running(), Api(producers.urls[0]) as api:
        await leave_open(world, "stuck", state="queued", records=[A_MARK])
        long_ago = datetime.now(UTC) - timedelta(minutes=1)
        await outbox(world).update_one({"_id": "stuck"}, {"$set": {"opened_at": long_ago}})
        await eventually(is_stuck)
        assert await api.metric(_OLDEST) > 60
        await leases(world).delete_many({})
        await drained(world)
        await eventually(is_ready)
