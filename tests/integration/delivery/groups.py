"""A consumer group with our assignor on a real Kafka, without the rest of delivery."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from delivery.consume.assignor import StickyAssignor
from delivery.consume.generation import generation_of
from delivery.core.ownership import Ownership
from producer_api.contract.settings import SharedSettings
from tests.services.waiting import PATIENCE_SECONDS

PARTITIONS = 7

_STOP_SECONDS = 5


@dataclass(slots=True)
class Member:
    """A member of the group, with its latest map and share of partitions."""

    address: str
    consumer: AIOKafkaConsumer
    ownership: Ownership = field(default_factory=lambda: Ownership(-1, ()))
    share: frozenset[int] = frozenset()
    generations_at_revoke: list[int] = field(default_factory=list)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka has no types
    """Stores the result of a rebalance in the member, like delivery's own listener."""

    def __init__(self, member: Member, assignor: StickyAssignor, changed: asyncio.Event) -> None:
        self._member = member
        self._assignor = assignor
        self._changed = changed

    def on_partitions_revoked(self, _revoked: Iterable[TopicPartition]) -> None:
        self._member.generations_at_revoke.append(generation_of(self._member.consumer))

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._member.share = frozenset(partition.partition for partition in assigned)
        self._member.ownership = self._assignor.begin(generation_of(self._member.consumer))
        self._changed.set()


@dataclass(frozen=True, slots=True)
class Group:
    """A group with all its members in this process."""

    settings: SharedSettings
    name: str
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def joined(
        self, address: str, make: type[StickyAssignor] = StickyAssignor
    ) -> AsyncIterator[Member]:
        """Add a member to the group. It leaves gracefully when the context ends."""
        assignor = make(self.settings.kafka_topic, PARTITIONS, address)
        consumer = AIOKafkaConsumer(
            **self.settings.kafka_client_options(),
            group_id=self.name,
            enable_auto_commit=False,
            heartbeat_interval_ms=200,
            partition_assignment_strategy=(assignor,),
        )
        member = Member(address, consumer)
        consumer.subscribe(
            [self.settings.kafka_topic], listener=_Listener(member, assignor, self.changed)
        )
        try:
            await consumer.start()
            yield member
        finally:
            # A fetch that ends at this moment swallows the cancellation by `stop`, which then never
            # returns.
            with suppress(TimeoutError):
                async with asyncio.timeout(_STOP_SECONDS):
                    await consumer.stop()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until the condition holds after a rebalance."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not holds():
                self.changed.clear()
                await self.changed.wait()

    async def agreed(self, *members: Member, since: int = -1) -> Ownership:
        """Wait until the members agree on a complete map newer than `since`, and return it."""

        def agree() -> bool:
            maps = {member.ownership for member in members}
            shares = [number for member in members for number in member.share]
            return (
                len(maps) == 1
                and members[0].ownership.generation > since
                and sorted(shares) == list(range(PARTITIONS))
            )

        await self.until(agree)
        return members[0].ownership
