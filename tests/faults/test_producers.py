"""Tests kill and suspend three producer APIs while Kafka and MongoDB fail.

No notification that was answered 201 is lost, created twice, or out of order on the log. This needs
idempotency keys. Without them, the repeat of an unanswered request creates a second notification,
and the first may reach the log late.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.conftest import ShopOf
from tests.faults.shop import Shop
from tests.integration.producer_api.outside import outbox
from tests.services.parts import Services, away, suspended
from tests.services.waiting import eventually
from tests.services.world import World

pytestmark = pytest.mark.restarts_parts

_LONGER_THAN_A_BATCH_SECONDS = 0.5


async def test_kills_while_kafka_fails_lose_and_repeat_nothing(
    world: World, services: Services, shop: ShopOf
) -> None:
    async with shop() as opened:
        producers, orders = opened.producers, opened.orders
        async with orders.going_on():
            for number in (0, 1, 2):
                await orders.rounds(3)
                await producers.restart(number)
            with suspended(services.kafka):
                await orders.rounds(8)
                await producers[0].kill()
            await producers[0].start()
            await orders.rounds(3)
            async with away(services.kafka):
                await orders.rounds(3)
                await producers[1].kill()
                await orders.rounds(3)
                await producers[1].start_unready()
                await orders.rounds(3)
            await producers.restart(2)  # this process may hold the relay's lease
            await orders.rounds(3)
        await opened.all_is_delivered()
    assert orders.repeats, "at least one request must be interrupted"
    await orders.each_once(world)


async def test_a_kill_of_mongodb_loses_and_repeats_nothing(
    world: World, services: Services, shop: ShopOf
) -> None:
    async with shop() as opened:

        async def a_request_failed() -> bool:
            return bool(opened.orders.repeats)

        async with opened.orders.going_on():
            await opened.orders.rounds(3)
            await services.mongo.kill()
            try:
                await eventually(a_request_failed)
            finally:
                await services.mongo.start()
            await opened.orders.rounds(3)
        await opened.all_is_delivered()
    await opened.orders.each_once(world)


async def test_a_process_that_resumes_after_the_takeover_only_repeats_records(
    world: World, shop: ShopOf
) -> None:
    async with shop() as opened:
        producers, orders = opened.producers, opened.orders
        async with orders.going_on():
            for number in (0, 1):
                await orders.rounds(3)
                await _suspend_with_open_intent(opened, number)
                await _until_taken_over(world)
                # Each request to the suspended process lasts until its time-out.
                await orders.rounds(2)
                producers[number].resume()
            await orders.rounds(3)
        await opened.all_is_delivered()
    await orders.each_once(world)


async def _suspend_with_open_intent(opened: Shop, number: int) -> None:
    """Suspend a process while it has an open intent. Try until the moment is right."""
    process = opened.producers[number]

    async def is_suspended() -> bool:
        process.suspend()
        await asyncio.sleep(
            _LONGER_THAN_A_BATCH_SECONDS
        )  # by then, the other processes have deleted their intents
        if await _stays_open(opened.world):
            return True
        process.resume()
        return False

    await eventually(is_suspended)


async def _stays_open(world: World) -> bool:
    long_ago = datetime.now(UTC) - timedelta(seconds=_LONGER_THAN_A_BATCH_SECONDS)
    old_intents = {"state": "open", "opened_at": {"$lt": long_ago}}
    return bool(await outbox(world).count_documents(old_intents))


async def _until_taken_over(world: World) -> None:
    """Wait until no intent has been open for long, and everything is published."""

    async def all_published() -> bool:
        return not await _stays_open(world) and not await outbox(world).count_documents(
            {"state": "queued"}
        )

    await eventually(all_published)
