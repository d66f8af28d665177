"""Superseded and expired notifications, from the API to the shopper's screen."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from producer_api.contract.inbox_event import InboxEvent
from producer_api.contract.notification import public_json
from producer_api.outbox.records import Notice, created
from tests.integration.delivery.instances import settled
from tests.integration.delivery.judged import Judged
from tests.integration.producer_api.api import Api
from tests.services.program import Program, running
from tests.services.shopper import connected
from tests.services.waiting import eventually
from tests.services.world import World


@pytest_asyncio.fixture
async def api(producer_api: Program) -> AsyncIterator[Api]:
    """A client of the running producer API."""
    async with running(producer_api), Api(producer_api.url) as opened:
        yield opened


_RECEIPTS = 'delivery_receipts_total{type="notification.%s"}'


async def _status(api: Api, *ids: str) -> list[str]:
    return [(await api.trace(id_)).json()["status"] for id_ in ids]


async def test_a_newer_notification_replaces_the_one_on_the_screen(
    api: Api, world: World, delivery: Program, judged: Judged
) -> None:
    ana, eve = judged.shopper("ana"), judged.shopper("eve")
    async with running(delivery), connected(ana, eve):
        shipped, other, _ = [
            (await api.created(user, collapse_key=key))["id"]
            for user, key in (("ana", "order-1"), ("ana", "order-2"), ("eve", "order-1"))
        ]
        await world.all_delivered([shipped, other])
        newest = (await api.created("ana", collapse_key="order-1", title="Pedido entregado"))["id"]
        await ana.until(lambda: ana.received == [shipped, other, newest])
        await ana.until(lambda: bool(ana.inbox_events))
        (event,) = ana.inbox_events
        (change,) = event["changed"]
        assert (change["id"], change["superseded_by"]) == (shipped, newest)
        assert (event["unread_count"], event["unseen_count"]) == (2, 2)
        assert await api.ids("ana") == [newest, other]
        await world.all_delivered([newest])
        assert await _status(api, shipped, other, newest) == ["delivered"] * 3
        await world.all_committed()
    assert eve.inbox_events == []
    assert len(eve.received) == 1


async def test_an_update_by_a_producer_whose_clock_is_behind_is_delivered(
    api: Api, world: World, delivery: Program, judged: Judged
) -> None:
    """The older notification comes from a clock a minute ahead, so the newer has a lower id."""
    world.ids = world.ids_of_clock(60)
    judged.skew_seconds = 61
    ana = judged.shopper("ana")
    async with running(delivery), connected(ana):
        (shipped,) = await world.create("ana", collapse_key="order-1")
        await world.all_delivered([shipped])
        newest = (await api.created("ana", collapse_key="order-1", title="Pedido entregado"))["id"]
        assert newest < shipped
        await world.all_delivered([newest])
        assert ana.received == [shipped, newest]
        assert await api.ids("ana") == [newest]
        await world.all_committed()


async def test_a_user_who_was_offline_is_pushed_only_the_newest(
    api: Api, world: World, delivery: Program, judged: Judged
) -> None:
    async with running(delivery):
        shipped, other, newest = [
            (await api.created("ana", collapse_key=key))["id"]
            for key in ("order-1", "order-2", "order-1")
        ]
        await world.all_committed()
        ana = judged.shopper("ana")
        async with connected(ana):
            await world.all_delivered([other, newest])
            assert ana.received == [other, newest]
        assert await _status(api, shipped, other, newest) == [
            "superseded",
            "delivered",
            "delivered",
        ]


async def test_a_notification_superseded_in_flight_is_not_pushed_again(
    api: Api, world: World, delivery: Program, stack_env: dict[str, str], judged: Judged
) -> None:
    stack_env |= {"DELIVERY_ACK_TIMEOUT_SECONDS": "1", "DELIVERY_ACK_ATTEMPTS": "50"}
    slow = judged.shopper("ana", acking=False)
    later = judged.shopper("ana")
    async with running(delivery), connected(slow):
        (shipped, other) = [
            (await api.created("ana", **fields))["id"]
            for fields in ({"collapse_key": "order-1"}, {})
        ]
        await slow.until(lambda: shipped in slow.received)
        newest = (await api.created("ana", collapse_key="order-1"))["id"]
        await slow.until(lambda: bool(slow.inbox_events))
        pushed = slow.received.count(shipped)
        async with connected(later):
            await world.all_delivered([other, newest])
            assert later.received == [other, newest]
            await world.all_committed()
        assert slow.received.count(shipped) == pushed
        # Only the silent client may receive duplicates.
        judged.max_duplicates = len(slow.received) - len(set(slow.received))
    assert await _status(api, shipped) == ["superseded"]


async def test_a_slow_client_stays_connected_while_its_notifications_are_superseded(
    api: Api, world: World, delivery: Program, judged: Judged
) -> None:
    slow = judged.shopper("ana", acking=False)
    async with running(delivery), connected(slow):
        created = []
        for steps in range(5):
            created.append((await api.created("ana", collapse_key="order-1"))["id"])
            await slow.until(lambda: len(slow.inbox_events) == steps)  # noqa: B023 - awaited here
            await slow.has(min(steps + 1, 2))  # the client gets no further push before an ack
        slow.start_acking()
        await world.all_delivered(created[-1:])
        assert slow.received == [*created[:2], created[-1]]
        assert slow.connected
        await world.all_committed()


async def test_a_notification_superseded_before_its_record_was_read_has_one_receipt(
    world: World, delivery: Program
) -> None:
    newer, last = world.document("ana", collapse_key="order-1"), world.document("ana")
    older = world.document("ana", collapse_key="order-1", superseded_by=newer["_id"])
    event = InboxEvent("ana", datetime.now(UTC), 1, 1, [older])
    await world.inbox.insert_many([older, newer, last])

    async def reach(*, parked: int) -> None:
        async def are_parked() -> bool:
            return (await delivery.samples()).get(_RECEIPTS % "parked") == parked

        await eventually(are_parked)
        assert (await delivery.samples())[_RECEIPTS % "superseded"] == 1

    async with running(delivery):
        await world.publish(older)
        await reach(parked=1)
        record = created(newer, public_json(newer), Notice("ana", event.json()))
        await world.producer.send_and_wait(
            world.settings.kafka_topic, key=record.key, value=record.value, headers=record.headers
        )
        await reach(parked=2)
        await world.publish(last)
        await reach(parked=3)


async def test_under_hold_a_superseded_record_frees_its_offset_at_once(
    api: Api, world: World, delivery: Program, stack_env: dict[str, str], judged: Judged
) -> None:
    stack_env["DELIVERY_OFFLINE_POLICY"] = "hold"
    judged.hold = True
    async with running(delivery):
        for _ in range(3):
            await api.created("ana", collapse_key="order-1")

        async def two_passed() -> bool:
            return (await settled(delivery)).get("superseded") == 2

        await eventually(two_passed)
        ana = judged.shopper("ana")
        async with connected(ana):
            await world.all_committed()
        assert len(ana.received) == 1


@pytest.mark.parametrize("policy", ["park", "hold"])
async def test_a_notification_created_as_expired_is_accepted_and_never_shown(
    api: Api,
    world: World,
    delivery: Program,
    stack_env: dict[str, str],
    judged: Judged,
    policy: str,
) -> None:
    stack_env["DELIVERY_OFFLINE_POLICY"] = policy
    judged.hold = policy == "hold"
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    online, offline = judged.shopper("ana"), judged.shopper("eve")
    async with running(delivery), connected(online):
        expired = [(await api.created(user, expires_at=past))["id"] for user in ("ana", "eve")]
        lasting = [(await api.created(user))["id"] for user in ("ana", "eve")]
        await online.until(lambda: online.acked == lasting[:1])
        async with connected(offline):
            await offline.until(lambda: offline.acked == lasting[1:])
            await world.all_committed()
        assert (await settled(delivery))["expired"] == 2
        assert await _status(api, *expired) == ["expired", "expired"]
        for user, id_ in zip(("ana", "eve"), lasting, strict=True):
            shown = (await api.listed(user)).json()
            assert [item["id"] for item in shown["items"]] == [id_]
            assert (shown["unread_count"], shown["unseen_count"]) == (1, 1)
    assert online.received + offline.received == lasting
