"""Notifications that the shop takes back, from the API to the shopper's screen."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.delivery.instances import settled
from tests.integration.delivery.judged import Judged
from tests.integration.producer_api.api import Api
from tests.services.program import Program, running
from tests.services.shopper import connected
from tests.services.waiting import eventually
from tests.services.world import World

_RECEIPTS = 'delivery_receipts_total{type="notification.withdrawn"}'


@pytest_asyncio.fixture
async def api(producer_api: Program) -> AsyncIterator[Api]:
    """A client of the running producer API."""
    async with running(producer_api), Api(producer_api.url) as opened:
        yield opened


async def test_what_is_taken_back_leaves_the_screen_and_is_not_owed_any_more(
    api: Api, world: World, delivery: Program, stack_env: dict[str, str], judged: Judged
) -> None:
    stack_env |= {"DELIVERY_ACK_TIMEOUT_SECONDS": "1", "DELIVERY_ACK_ATTEMPTS": "50"}
    ana, silent = judged.shopper("ana"), judged.shopper("berto", acking=False)
    async with running(delivery), connected(ana, silent):
        shown = (await api.created("ana"))["id"]
        in_flight, kept = [(await api.created("berto"))["id"] for _ in range(2)]
        absent, other = [(await api.created("carla"))["id"] for _ in range(2)]
        await world.all_delivered([shown])
        await silent.until(lambda: in_flight in silent.received)
        for each in (shown, in_flight, absent):
            assert (await api.withdraw(each)).status_code == 204
        for shopper, withdrawn in ((ana, shown), (silent, in_flight)):
            await shopper.until(lambda: bool(shopper.inbox_events))  # noqa: B023 - awaited here
            (change,) = shopper.inbox_events[-1]["changed"]
            assert (change["id"], bool(change["withdrawn_at"])) == (withdrawn, True)
        pushed = silent.received.count(in_flight)
        later, carla = judged.shopper("berto"), judged.shopper("carla")
        async with connected(later, carla):
            await world.all_delivered([kept, other])
            assert (later.received, carla.received) == ([kept], [other])
            await world.all_committed()

        async def has_receipts() -> bool:
            return (await delivery.samples()).get(_RECEIPTS) == 2

        await eventually(has_receipts)
        assert silent.received.count(in_flight) == pushed
        judged.max_duplicates = len(silent.received) - len(set(silent.received))
    stored = await world.inbox.find_one({"_id": shown})
    assert stored["delivered_at"] is not None, "the shown one has only a receipt of its delivery"


async def test_under_hold_a_withdrawn_record_frees_its_offset_at_once(
    api: Api, world: World, delivery: Program, stack_env: dict[str, str], judged: Judged
) -> None:
    stack_env["DELIVERY_OFFLINE_POLICY"] = "hold"
    judged.hold = True
    async with running(delivery):
        await api.withdraw((await api.created("ana"))["id"])
        kept = (await api.created("ana"))["id"]

        async def is_settled() -> bool:
            return (await settled(delivery)).get("withdrawn") == 1

        await eventually(is_settled)
        async with connected(ana := judged.shopper("ana")):
            await world.all_committed()
        assert ana.received == [kept]
