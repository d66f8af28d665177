"""Partitions that come and go: nothing is skipped, and no offset goes back."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.group_coordinator import GroupCoordinator

from delivery.consume import commits, group_member
from delivery.consume.load_trackers import load_trackers
from delivery.core.tracker import Tracker
from delivery.settings import Settings
from tests.integration.delivery.member import Member
from tests.services.waiting import eventually
from tests.services.world import World


async def test_what_is_fetched_before_the_tracker_is_loaded_is_not_skipped(
    world: World, stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stack_env["DELIVERY_OFFLINE_POLICY"] = "hold"  # then all that is taken in stays in flight
    place = TopicPartition(world.settings.kafka_topic, 0)
    (user,) = world.users_of_partition(0, 1)
    created = len(await world.create(user, 30))

    async def load_late(
        settings: Settings,
        group: str,
        consumer: AIOKafkaConsumer,
        assigned: list[TopicPartition],
        epoch: int,
    ) -> dict[TopicPartition, Tracker]:
        async def all_was_dropped() -> bool:
            return bool(await consumer.position(place) == created)

        if place in assigned:
            await eventually(all_was_dropped)
        return await load_trackers(settings, group, consumer, assigned, epoch)

    async def takes_in_all(member: Member) -> None:
        async def has_come_to_the_end() -> bool:
            return member.owner.partitions[0].tracker.next_to_receive == created

        await eventually(has_come_to_the_end)
        assert member.owner.partitions[0].tracker.in_flight == created

    monkeypatch.setattr(group_member, "load_trackers", load_late)
    first, second = Member(stack_env), Member(stack_env)
    async with first.running():
        created += len(await world.create(user))
        await takes_in_all(first)
        async with second.running():
            await eventually(lambda: _have_all_partitions(first, second))
        # Again with the first, which may have kept it, and was at its end before.
        await eventually(lambda: _have_all_partitions(first))
        created += len(await world.create(user))
        await takes_in_all(first)


async def test_a_commit_that_is_tried_again_after_a_hand_over_does_not_rewind_the_next_owner(
    world: World, stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stack_env["KAFKA_SESSION_TIMEOUT_MS"] = "30000"  # a slow hand-over costs no membership
    monkeypatch.setattr(commits, "_TIMEOUT_SECONDS", 60)  # or a slow machine ends the commit first
    lost = _LostCommit()
    commit_offsets = lost.before(GroupCoordinator.commit_offsets)
    monkeypatch.setattr(GroupCoordinator, "commit_offsets", commit_offsets)
    first, second = Member(stack_env), Member(stack_env)
    async with first.running():
        async with asyncio.timeout(20):
            await lost.begun.wait()  # of all partitions: none was committed before
        async with second.running():
            assert second.owner.partitions
            await _create_in(world, range(3), 10)
            await eventually(lambda: _are_committed(world, second.owner.partitions, 10))
            lost.is_tried_again.set()
            # The first's next commit: by then, the other has had its effect.
            await _create_in(world, first.owner.partitions, 1)
            await eventually(lambda: _are_committed(world, first.owner.partitions, 11))
            assert await _are_committed(world, second.owner.partitions, 10)


_CommitOffsets = Callable[[GroupCoordinator, Any, Any], Awaitable[None]]


class _LostCommit:
    """The first commit of all is lost on the way.

    aiokafka has checked then that the partitions are owned, and tries again without asking anew,
    as a member of whatever generation there is by then.
    """

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.is_tried_again = asyncio.Event()

    def before(self, commit_offsets: _CommitOffsets) -> _CommitOffsets:
        """Have the first wait for the time at which it is tried again."""

        async def late_or_at_once(
            coordinator: GroupCoordinator, assignment: Any, offsets: Any
        ) -> None:
            if not self.begun.is_set():
                self.begun.set()
                await self.is_tried_again.wait()
            await commit_offsets(coordinator, assignment, offsets)

        return late_or_at_once


async def _have_all_partitions(*members: Member) -> bool:
    return sum(len(member.owner.partitions) for member in members) == 3


async def _create_in(world: World, partitions: Iterable[int], count: int) -> None:
    for partition in list(partitions):
        (user,) = world.users_of_partition(partition, 1)
        await world.create(user, count)


async def _are_committed(world: World, partitions: Iterable[int], offset: int) -> bool:
    return {await world.committed_of(partition) for partition in partitions} == {offset}
