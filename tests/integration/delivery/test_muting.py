"""Muted notifications, from the API to the offsets: settled with a receipt, and never pushed."""

from tests.integration.delivery.instances import settled
from tests.integration.delivery.judged import Judged
from tests.integration.producer_api.api import Api
from tests.services.program import Program, running
from tests.services.published import assert_topics_match_the_contract
from tests.services.shopper import connected
from tests.services.waiting import eventually
from tests.services.world import World

_RECEIPTS = 'delivery_receipts_total{type="notification.muted"}'


async def test_under_hold_a_muted_notification_frees_its_offset_and_reaches_nobody(
    world: World,
    delivery: Program,
    producer_api: Program,
    stack_env: dict[str, str],
    judged: Judged,
) -> None:
    stack_env["DELIVERY_OFFLINE_POLICY"] = "hold"
    judged.hold = True
    ana, eve = judged.shopper("ana"), judged.shopper("eve")
    async with running(delivery, producer_api), Api(producer_api.url) as api, connected(ana):
        for user in ("ana", "eve"):
            await api.prefer(user, muted=["offer"])
        muted = [
            (await api.created(user, type="offer.new", **fields))["id"]
            for user in ("ana", "eve")
            for fields in ({}, {"collapse_key": "sale"})
        ]

        async def all_settled() -> bool:
            return (await settled(delivery)).get("muted") == len(muted)

        await eventually(all_settled)
        await world.all_committed()  # although eve is offline
        orders = [(await api.created(user))["id"] for user in ("ana", "eve")]
        await ana.until(lambda: ana.acked == orders[:1])
        async with connected(eve):
            await eve.until(lambda: eve.acked == orders[1:])
            await world.all_committed()
        for notification_id in muted:
            assert (await api.trace(notification_id)).json()["status"] == "muted"
        assert (await delivery.samples())[_RECEIPTS] == len(muted)
    assert ana.received + eve.received == orders
    await assert_topics_match_the_contract(world)
