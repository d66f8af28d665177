"""A user is erased while notifications are in flight. Delivery pushes none of them again."""

import pytest

from tests.integration.delivery.instances import all_live, settled, share_all_partitions
from tests.integration.delivery.judged import Judged
from tests.services.program import Program, running
from tests.services.shopper import Shopper, connected
from tests.services.waiting import eventually
from tests.services.world import World


async def _until_erased(shopper: Shopper) -> None:
    await shopper.until(lambda: any(event.get("erased") for event in shopper.inbox_events))


async def test_a_silent_client_receives_the_erasure_and_no_more_pushes(
    world: World, delivery: Program, judged: Judged, stack_env: dict[str, str]
) -> None:
    stack_env |= {"DELIVERY_ACK_TIMEOUT_SECONDS": "0.5", "DELIVERY_ACK_ATTEMPTS": "50"}
    silent, neighbour, also_silent = world.users_of_partition(0, 3)
    phone, near = judged.shopper(silent, acking=False), judged.shopper(neighbour)
    watch = judged.shopper(also_silent, acking=False)
    async with running(delivery), connected(phone, near, watch):
        await all_live(3, delivery)
        await world.create(silent)
        await phone.has(1)
        await world.create(silent, 3)  # these wait behind the first
        await world.erase(silent)
        await _until_erased(phone)
        pushed = len(phone.received)
        late = judged.shopper(silent)
        async with connected(late):
            await world.create(neighbour)
            await near.has(1)
            await world.all_committed()
            await world.create(also_silent)
            await watch.has(2)  # by now, any other unacknowledged push would be repeated too
            assert len(phone.received) == pushed, "no erased notification may be pushed again"
            judged.max_duplicates = pushed - 1 + len(watch.received) - 1
            watch.start_acking()
            (newer,) = await world.create(silent)
            await late.until(lambda: late.acked == [newer])
            await world.all_committed()
        assert (await settled(delivery))["erased"] == 4


async def test_an_ack_after_the_erasure_does_no_harm(
    world: World, delivery: Program, judged: Judged
) -> None:
    phone = judged.shopper("ana", acking=False)
    async with running(delivery), connected(phone):
        erased = await world.create("ana")
        await phone.has(1)
        await world.erase("ana")
        await _until_erased(phone)
        await world.all_committed()
        phone.start_acking()
        newer = await world.create("ana")
        await phone.until(lambda: phone.acked == erased + newer)
        await world.all_delivered(newer)
        await world.all_committed()


async def test_a_record_from_before_the_erasure_that_arrives_late_is_not_delivered(
    world: World, delivery: Program, judged: Judged
) -> None:
    ana = judged.shopper("ana")
    # The late record comes from a producer that was suspended before it published.
    judged.skew_seconds = 60
    late = world.document("ana")
    async with running(delivery), connected(ana):
        before = await world.create("ana")
        await ana.until(lambda: ana.acked == before)
        await world.erase("ana")
        await _until_erased(ana)
        await world.publish(late)
        newer = await world.create("ana")
        await ana.until(lambda: ana.acked == before + newer)
        await world.all_committed()
    assert ana.received == before + newer


async def test_a_user_who_was_offline_gets_no_erased_notifications(
    world: World, delivery: Program, judged: Judged
) -> None:
    async with running(delivery):
        await world.create("ana", 5)
        await world.all_committed()
        await world.erase("ana")
        await world.all_committed()
        returned = judged.shopper("ana")
        async with connected(returned):
            newer = await world.create("ana")
            await returned.until(lambda: returned.acked == newer)
            await world.all_committed()
    assert returned.received == newer


async def test_an_erasure_reaches_clients_on_all_instances(
    world: World, delivery: Program, second: Program, judged: Judged
) -> None:
    async with running(delivery, second):
        await share_all_partitions(world, delivery, second)
        tabs = [
            judged.shopper("ana", acking=False, url=instance.url) for instance in (delivery, second)
        ]
        async with connected(*tabs):
            await world.create("ana")
            for tab in tabs:
                await tab.has(1)
            await world.erase("ana")
            for tab in tabs:
                await _until_erased(tab)
            await world.all_committed()
            outcomes = [await settled(instance) for instance in (delivery, second)]
            # The record is parked if it arrives while the second tab subscribes, because the user
            # is then catching up.
            assert (
                sum(counts.get("erased", 0) + counts.get("parked", 0) for counts in outcomes) == 1
            )
            for tab in tabs:
                tab.start_acking()
            newer = await world.create("ana")
            for tab in tabs:
                await tab.until(lambda tab=tab: tab.received[1:] == newer)  # type: ignore[misc]
            await world.all_delivered(newer)


async def test_under_hold_erased_records_are_settled(
    world: World, delivery: Program, judged: Judged, stack_env: dict[str, str]
) -> None:
    stack_env["DELIVERY_OFFLINE_POLICY"] = "hold"
    judged.hold = True
    phone = judged.shopper("ana", acking=False)
    async with running(delivery), connected(phone):
        await world.create("ana")
        await phone.has(1)
        await world.create("ana", 3)
        await world.create("berto", 3)
        await world.erase("ana")
        await world.erase("berto")
        await _until_erased(phone)
        await world.all_committed()


@pytest.mark.parametrize("value", [b"{}", b'{"erased_up_to":"now"}'])
async def test_an_erasure_without_its_last_id_is_a_dead_letter(
    world: World, delivery: Program, judged: Judged, value: bytes
) -> None:
    ana = judged.shopper("ana")
    async with running(delivery), connected(ana):
        await world.publish_erasure("ana", value)

        async def dead_lettered() -> bool:
            return (await settled(delivery)).get("dead_lettered") == 1

        await eventually(dead_lettered)
        created = await world.create("ana")
        await ana.until(lambda: ana.acked == created)
        await world.all_committed()
    assert ana.inbox_events == []
