"""When partitions move, no record is skipped, and no offset goes back."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.group_coordinator import GroupCoordinator

from delivery.consume import commits, group_member
from delivery.consume.load_trackers import load_trackers
from delivery.core.tracker import Tracker
from tests.integration.delivery.member import Member
from tests.services.waiting import eventually
from tests.services.world import World


async def test_records_fetched_before_the_tracker_is_loaded_are_not_skipped(
    world: World, stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stack_env["DELIVERY_OFFLINE_POLICY"] = "hold"  # so that all consumed records stay in flight
    # A newcomer gets the last partition of the only member.
    partition = TopicPartition(world.settings.kafka_topic, 2)
    (user,) = world.users_of_partition(partition.partition, 1)
    created = len(await world.create(user, 30))

    async def load_late(
        consumer: AIOKafkaConsumer, assigned: list[TopicPartition], epoch: int
    ) -> dict[TopicPartition, Tracker]:
        async def all_were_dropped() -> bool:
            return bool(await consumer.position(partition) == created)

        if partition in assigned:
            await eventually(all_were_dropped)
        return await load_trackers(consumer, assigned, epoch)

    async def receives_all(member: Member) -> None:
        async def is_at_the_end() -> bool:
            owned = member.owner.partitions.get(partition.partition)
            return owned is not None and owned.tracker.next_to_receive == created

        await eventually(is_at_the_end)
        assert member.owner.partitions[partition.partition].tracker.in_flight == created

    async def lost_by_first() -> bool:
        return partition.partition not in first.owner.partitions

    monkeypatch.setattr(group_member, "load_trackers", load_late)
    first, second = Member(stack_env), Member(stack_env)
    async with first.running():
        created += len(await world.create(user))
        await receives_all(first)
        async with second.running():
            await receives_all(second)
            await eventually(lost_by_first)
        # The first member gets the partition again, which it had read to its end before.
        await eventually(lambda: _has_all_partitions(first))
        created += len(await world.create(user))
        await receives_all(first)


async def test_a_commit_retried_after_a_hand_over_does_not_rewind_the_next_owner(
    world: World, stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Long, so that a slow hand-over does not end the membership.
    stack_env["KAFKA_SESSION_TIMEOUT_MS"] = "30000"
    # Long, so that the commit does not time out on a slow machine.
    monkeypatch.setattr(commits, "_TIMEOUT_SECONDS", 60)
    delayed = _DelayedCommit()
    commit_offsets = delayed.before(GroupCoordinator.commit_offsets)
    monkeypatch.setattr(GroupCoordinator, "commit_offsets", commit_offsets)
    first, second = Member(stack_env), Member(stack_env)
    async with first.running():
        async with asyncio.timeout(20):
            await delayed.started.wait()  # this commit has all partitions, because it is the first
        async with second.running():
            assert second.owner.partitions
            await _create_in(world, range(3), 10)
            await eventually(lambda: _are_committed(world, second.owner.partitions, 10))
            delayed.may_be_retried.set()
            # Wait for the first member's next commit. The retried commit takes effect before it.
            await _create_in(world, first.owner.partitions, 1)
            await eventually(lambda: _are_committed(world, first.owner.partitions, 11))
            assert await _are_committed(world, second.owner.partitions, 10)


_CommitOffsets = Callable[[GroupCoordinator, Any, Any], Awaitable[None]]


class _DelayedCommit:
    """Delays the first commit before it reaches the broker, as if its first attempt were lost.

    By then, aiokafka has checked that the member owns the partitions. It retries without another
    check, under the generation at the time of the retry.
    """

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.may_be_retried = asyncio.Event()

    def before(self, commit_offsets: _CommitOffsets) -> _CommitOffsets:
        """Return `commit_offsets` with a first call that waits for `may_be_retried`."""

        async def delay_the_first(
            coordinator: GroupCoordinator, assignment: Any, offsets: Any
        ) -> None:
            if not self.started.is_set():
                self.started.set()
                await self.may_be_retried.wait()
            await commit_offsets(coordinator, assignment, offsets)

        return delay_the_first


async def _has_all_partitions(member: Member) -> bool:
    return len(member.owner.partitions) == 3


async def _create_in(world: World, partitions: Iterable[int], count: int) -> None:
    for partition in list(partitions):
        (user,) = world.users_of_partition(partition, 1)
        await world.create(user, count)


async def _are_committed(world: World, partitions: Iterable[int], offset: int) -> bool:
    return {await world.committed_of(partition) for partition in partitions} == {offset}
