"""Under `DELIVERY_OFFLINE_POLICY=hold`, offsets wait for acks, and the window is bounded."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.delivery.instances import settled, share_all_partitions, status_of
from tests.integration.delivery.judged import Judged
from tests.services.program import Program, running
from tests.services.shopper import connected
from tests.services.waiting import eventually
from tests.services.world import World

_WINDOW = 20


@pytest.fixture(autouse=True)
def _holding(stack_env: dict[str, str], judged: Judged) -> None:
    stack_env["DELIVERY_OFFLINE_POLICY"] = "hold"
    stack_env["DELIVERY_MAX_IN_FLIGHT_PER_PARTITION"] = str(_WINDOW)
    judged.hold = True


async def test_a_full_window_pauses_only_its_partition_until_the_user_connects(
    world: World, delivery: Program, judged: Judged
) -> None:
    offline, neighbour = world.users_of_partition(0, 2)
    (other_partition_user,) = world.users_of_partition(1, 1)
    near, far = judged.shopper(neighbour), judged.shopper(other_partition_user)
    async with running(delivery), connected(near, far):
        await world.create(offline)
        first = await world.create(neighbour, 5)
        await near.until(lambda: near.acked == first)

        async def map_committed() -> bool:
            return bool((await world.committed()).get(0, (0, ""))[1])

        await eventually(map_committed)
        assert await world.committed_of(0) == 0, "no offset may pass an offline user's record"
        await world.create(offline, 2 * _WINDOW)
        behind = await world.create(neighbour)
        flowing = await world.create(other_partition_user, 100)
        await far.until(lambda: far.acked == flowing)

        async def all_but_held_committed() -> bool:
            return await world.committed_of(1) == 100

        await eventually(all_but_held_committed)
        assert await world.committed_of(0) == 0
        assert near.acked == first, "no record may enter a full window"
        _check_report(await status_of(delivery))
        back = judged.shopper(offline)
        async with connected(back):
            await back.until(lambda: len(back.acked) == 1 + 2 * _WINDOW)
            await near.until(lambda: near.acked == first + behind)
            await world.all_committed()
            verdict = await judged.verdict()
            assert verdict.counts.unsettled == 0


def _check_report(report: dict[str, Any]) -> None:
    """Check what the report says about partition 0, whose window is full, and about another."""
    held, other = report["partitions"][0], report["partitions"][1]
    assert report["policy"] == "hold"
    assert (held["unsettled"], held["window"]) == (_WINDOW, _WINDOW)
    assert (held["paused"], other["paused"]) == (True, False)
    waits_for = held["waits_for"]
    assert (waits_for["offset"], waits_for["state"]) == (0, "held")
    assert (waits_for["attempt"], waits_for["edges"]) == (None, [])
    assert waits_for["since"] == held["committed_at"]


async def test_records_behind_a_full_window_count_as_unread(
    world: World, delivery: Program, judged: Judged
) -> None:
    (offline,) = world.users_of_partition(0, 1)
    async with running(delivery):
        await world.create(offline, _WINDOW + 1)

        async def is_paused() -> bool:
            return (await delivery.samples())["delivery_partition_paused"] == 1

        await eventually(is_paused)
        await world.create(offline, 100)

        async def is_counted() -> bool:
            lag = await delivery.samples()
            return (
                lag['delivery_lag_records{state="unread"}'] == 101
                and lag['delivery_lag_records{state="unacknowledged"}'] == _WINDOW
            )

        await eventually(is_counted)
        back = judged.shopper(offline)
        async with connected(back):
            await back.until(lambda: len(back.acked) == _WINDOW + 101)
            await world.all_committed()


async def test_records_that_are_no_longer_owed_leave_a_full_window(
    world: World, delivery: Program, judged: Judged
) -> None:
    (erased, near_erased), (superseded, near_superseded), (expired, near_expired) = (
        world.users_of_partition(partition, 2) for partition in range(3)
    )
    neighbours = [judged.shopper(user) for user in (near_erased, near_superseded, near_expired)]
    async with running(delivery), connected(*neighbours):
        soon = datetime.now(UTC) + timedelta(seconds=8)
        await world.create(erased, _WINDOW)
        old = await world.create(superseded, _WINDOW, collapse_key="order-1")
        await world.create(expired, _WINDOW, expires_at=soon)
        behind = {shopper.user: await world.create(shopper.user, 5) for shopper in neighbours}
        (newer,) = await world.create(superseded, collapse_key="order-1")
        assert not any(shopper.received for shopper in neighbours), (
            "no record may enter a full window"
        )
        await world.erase(erased)
        await world.inbox.update_many({"_id": {"$in": old}}, {"$set": {"superseded_by": newer}})
        for shopper in neighbours:
            await shopper.until(lambda shopper=shopper: shopper.acked == behind[shopper.user])  # type: ignore[misc]

        async def passed() -> bool:
            ends = {0: _WINDOW + 6, 1: _WINDOW + 5, 2: _WINDOW + 5}
            return {number: await world.committed_of(number) for number in ends} == ends

        await eventually(passed)


async def test_held_records_survive_a_restart_and_are_pushed_once(
    world: World, delivery: Program, judged: Judged, stack_env: dict[str, str]
) -> None:
    # Short, because waiting longer would not settle the held records.
    stack_env["DELIVERY_DRAIN_SECONDS"] = "0.5"
    offline, neighbour = world.users_of_partition(0, 2)
    near = judged.shopper(neighbour, device="near")
    async with running(delivery):
        async with connected(near):
            held = await world.create(offline, 2)
            delivered = await world.create(neighbour, 5)
            await near.until(lambda: near.acked == delivered)
            await world.all_delivered(delivered)
            await delivery.stop()
        assert await world.committed_of(0) == 0
        await delivery.start()
        again, back = judged.shopper(neighbour, device="near"), judged.shopper(offline)
        async with connected(again):
            last = await world.create(neighbour)
            await again.until(lambda: again.acked == last)
            await world.all_delivered(last)
            assert await world.committed_of(0) == 0
            async with connected(back):
                await back.until(lambda: back.acked == held)
                await world.all_committed()
        outcomes = await settled(delivery)
        assert sum(outcomes.values()) == len(held + last), "the settled map must cover the others"
    assert back.received == held
    assert again.received == last


async def test_held_records_survive_hand_overs_and_are_pushed_once(
    world: World, delivery: Program, second: Program, judged: Judged
) -> None:
    offline, neighbour = zip(
        *(world.users_of_partition(partition, 2) for partition in range(3)), strict=True
    )
    near = [judged.shopper(user) for user in neighbour]
    back = [judged.shopper(user) for user in offline]
    async with running(delivery), connected(*near):
        held = {user: await world.create(user, 2) for user in offline}
        delivered = {user: await world.create(user, 5) for user in neighbour}
        for shopper in near:
            await shopper.until(lambda shopper=shopper: shopper.acked == delivered[shopper.user])  # type: ignore[misc]
        async with running(second):
            await share_all_partitions(world, delivery, second)
            for user in neighbour:
                delivered[user] += await world.create(user)
        await share_all_partitions(world, delivery)
        for shopper in near:
            await shopper.until(lambda shopper=shopper: shopper.acked == delivered[shopper.user])  # type: ignore[misc]
        assert [await world.committed_of(number) for number in range(3)] == [0, 0, 0]
        async with connected(*back):
            for shopper in back:
                await shopper.until(lambda shopper=shopper: shopper.acked == held[shopper.user])  # type: ignore[misc]
            await world.all_committed()
    assert {shopper.user: shopper.received for shopper in near + back} == delivered | held


async def test_held_records_are_pushed_by_the_next_owner(
    world: World, delivery: Program, second: Program, judged: Judged
) -> None:
    offline = [user for partition in range(3) for user in world.users_of_partition(partition, 1)]
    async with running(delivery):
        held = {user: await world.create(user, 2) for user in offline}
        async with running(second):
            await share_all_partitions(world, delivery, second)
            # All sockets are at the second instance. Both instances own partitions and push to
            # these sockets, and the second one has taken its partitions over.
            shoppers = [judged.shopper(user, url=second.url) for user in offline]
            async with connected(*shoppers):
                await world.all_committed()
            assert (await settled(second))["acked"]
    for shopper in shoppers:
        assert shopper.received == held[shopper.user]
