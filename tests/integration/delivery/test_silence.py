"""Connected clients that do not acknowledge delay no other user, and are disconnected."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.delivery.judged import Judged
from tests.integration.delivery.load import Load
from tests.services.program import Program, running
from tests.services.shopper import connected
from tests.services.world import World

_ACK_TIMEOUT_SECONDS = 0.5
_LONG_SILENCE_SECONDS = 60


@pytest.fixture(autouse=True)
def _impatient(stack_env: dict[str, str]) -> None:
    stack_env["DELIVERY_ACK_TIMEOUT_SECONDS"] = str(_ACK_TIMEOUT_SECONDS)
    stack_env["DELIVERY_ACK_ATTEMPTS"] = "2"


async def test_a_silent_client_is_pushed_again_then_disconnected_and_its_record_parked(
    world: World, delivery: Program, judged: Judged, stack_env: dict[str, str]
) -> None:
    stack_env["DELIVERY_ACK_TIMEOUT_SECONDS"] = "2"
    judged.max_duplicates = 1  # the second attempt
    silent = judged.shopper("ana", acking=False)
    async with running(delivery):
        await silent.connect()
        created = await world.create("ana")
        await silent.gone()
        assert silent.received == created * 2
        await world.all_committed()
        assert await world.delivered(created) == set()
        back = judged.shopper("ana")
        async with connected(back):
            await back.until(lambda: back.acked == created)
            await world.all_delivered(created)
            await world.all_committed()


async def test_silent_clients_do_not_delay_other_users_of_the_partition(
    world: World, delivery: Program, judged: Judged, stack_env: dict[str, str]
) -> None:
    stack_env["DELIVERY_ACK_TIMEOUT_SECONDS"] = "60"
    stack_env["DELIVERY_MAX_IN_FLIGHT_PER_PARTITION"] = "50"
    *silent_users, good_user = world.users_of_partition(1, 41)
    silent = [judged.shopper(user, acking=False) for user in silent_users]
    good = judged.shopper(good_user)
    async with running(delivery), connected(good, *silent):
        created: list[str] = []
        for _ in range(5):
            for user in silent_users:
                await world.create(user)
            created += await world.create(good_user)
        # 200 records of clients that never acknowledge fill four windows.
        await good.has(5)
        await good.until(lambda: good.acked == created)
        await world.all_delivered(created)
    assert good.received == created


async def test_an_ack_after_its_deadline_counts(
    world: World, delivery: Program, judged: Judged, stack_env: dict[str, str]
) -> None:
    stack_env["DELIVERY_ACK_ATTEMPTS"] = "50"
    judged.max_duplicates = 49
    late = judged.shopper("ana", acking=False)
    async with running(delivery), connected(late):
        created = await world.create("ana")
        await late.has(2)
        late.start_acking()
        await world.all_delivered(created)
        await world.all_committed()


async def test_a_notification_that_expires_unacknowledged_is_not_pushed_again(
    world: World, delivery: Program, judged: Judged, stack_env: dict[str, str]
) -> None:
    stack_env["DELIVERY_ACK_TIMEOUT_SECONDS"] = "3"
    judged.max_duplicates = 1  # the second attempt of the notification that does not expire
    silent = judged.shopper("ana", acking=False)
    async with running(delivery):
        await silent.connect()
        soon = datetime.now(UTC) + timedelta(seconds=2.8)
        expiring = await world.create("ana", expires_at=soon)
        await silent.has(1)
        lasting = await world.create("ana")
        await silent.gone()
        assert silent.received == expiring + lasting * 2
        await world.all_committed()


async def test_a_client_that_leaves_before_its_ack_gets_the_notification_again(
    world: World, delivery: Program, judged: Judged
) -> None:
    leaving, back = judged.shopper("ana", acking=False), judged.shopper("ana")
    async with running(delivery):
        async with connected(leaving):
            created = await world.create("ana")
            await leaving.has(1)
        await world.all_committed()
        async with connected(back):
            await back.until(lambda: back.acked == created)
            await world.all_delivered(created)
            await world.all_committed()


async def test_a_tab_that_is_behind_another_for_the_ack_timeout_is_disconnected(
    world: World, delivery: Program, judged: Judged, stack_env: dict[str, str]
) -> None:
    stack_env["DELIVERY_ACK_TIMEOUT_SECONDS"] = "2"
    stalled, tab = judged.shopper("ana", acking=False), judged.shopper("ana")

    async def create_one() -> None:
        created = await world.create("ana")
        await tab.until(lambda: tab.acked[-1:] == created)

    async with running(delivery), connected(stalled, tab):
        for _ in range(4):
            await create_one()
        await stalled.has(4)  # A tab that is behind only for a moment stays.
        while stalled.connected:
            await create_one()
        await world.all_delivered(tab.acked)
        await world.all_committed()


async def test_300_silent_clients_under_load_delay_no_other_user(
    world: World, delivery: Program, judged: Judged, stack_env: dict[str, str]
) -> None:
    stack_env["DELIVERY_ACK_TIMEOUT_SECONDS"] = str(_LONG_SILENCE_SECONDS)
    stack_env["DELIVERY_MAX_IN_FLIGHT_PER_PARTITION"] = "200"
    users = world.users_of_partition(1, 310)
    good = [judged.shopper(user) for user in users[:10]]
    silent = [judged.shopper(user, acking=False) for user in users[10:]]
    load = Load(world, users, every_seconds=0.2)
    async with running(delivery), connected(*silent, *good):
        async with load.going_on():
            await load.rounds(15)
        for shopper in good:
            await shopper.until(lambda shopper=shopper: load.all_acked(shopper))  # type: ignore[misc]
            await world.all_delivered(shopper.acked)
    latencies = judged.latencies(set(users[:10]))
    assert len(latencies) == sum(len(load.created[user]) for user in users[:10])
    # If a user waited for a silent neighbour, the wait would last until the ack time-out.
    assert latencies[-1] < _LONG_SILENCE_SECONDS / 3
