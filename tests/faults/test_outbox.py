"""Notifications that three producer APIs could not publish at first reach the log in order."""

import asyncio
import time

import httpx
import pytest

from tests.faults.conftest import ProducersOf, ShopOf
from tests.faults.producers import TAKEOVER_SECONDS
from tests.integration.producer_api.api import Api
from tests.integration.producer_api.outside import drained, logged, outbox
from tests.services.parts import Services, away
from tests.services.waiting import eventually
from tests.services.world import World

pytestmark = pytest.mark.restarts_parts

_OLDEST = "producer_oldest_unpublished_seconds"
#: Longer than a lease and a takeover, so that both happen while Kafka is down.
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
    producers = producers_of({"PRODUCER_API_PUBLISH_TIMEOUT_SECONDS": "60"}, {}, {})

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
            await producers[0].kill()
            await asyncio.wait([lost])
            assert isinstance(lost.exception(), httpx.TransportError)
        finally:
            await services.kafka.start()
        due = max(due, time.monotonic())
        await drained(world)
        assert time.monotonic() - due < _FEW_SECONDS
    [written] = [d async for d in world.inbox.find({"title": "written, not published"})]
    assert await logged(world) == [before["id"], written["_id"]]
