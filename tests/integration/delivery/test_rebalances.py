"""Partitions are assigned and revoked: no record is skipped, and no offset goes back."""

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


async def test_records_fetched_before_the_tracker_is_loaded_are_not_skipped(
    world: World, stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stack_env["DELIVERY_OFFLINE_POLICY"] = "hold"  # so that everything consumed stays in flight
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
        # The partition is back at the first member, which was at its end before.
        await eventually(lambda: _have_all_partitions(first))
        created += len(await world.create(user))
        await takes_in_all(first)


async def test_a_commit_retried_after_a_hand_over_does_not_rewind_the_next_owner(
    world: World, stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stack_env["KAFKA_SESSION_TIMEOUT_MS"] = (
        "30000"  # so that a slow hand-over does not end the membership
    )
    monkeypatch.setattr(
        commits, "_TIMEOUT_SECONDS", 60
    )  # or a slow machine would end the commit first
    lost = _LostCommit()
    commit_offsets = lost.before(GroupCoordinator.commit_offsets)
    monkeypatch.setattr(GroupCoordinator, "commit_offsets", commit_offsets)
    first, second = Member(stack_env), Member(stack_env)
    async with first.running():
        async with asyncio.timeout(20):
            await lost.begun.wait()  # of all partitions, because none was committed before
        async with second.running():
            assert second.owner.partitions
            await _create_in(world, range(3), 10)
            await eventually(lambda: _are_committed(world, second.owner.partitions, 10))
            lost.is_tried_again.set()
            # The first member's next commit. By then, the retried one has had its effect.
            await _create_in(world, first.owner.partitions, 1)
            await eventually(lambda: _are_committed(world, first.owner.partitions, 11))
            assert await _are_committed(world, second.owner.partitions, 10)


_CommitOffsets = Callable[[GroupCoordinator, Any, Any], Awaitable[None]]


class _LostCommit:
    """Loses the first commit on its way to the broker.

    By then, aiokafka has checked that the member owns the partitions. It retries without a second
    check, under the generation of that moment.
    """

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.is_tried_again = asyncio.Event()

    def before(self, commit_offsets: _CommitOffsets) -> _CommitOffsets:
        """Make the first attempt wait until it may be retried."""

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
