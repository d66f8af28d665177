"""What happens when the group gives this instance partitions, or takes them away."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from delivery import metrics
from delivery.consume.assignor import StickyAssignor
from delivery.consume.commits import Commits
from delivery.consume.generation import generation_of
from delivery.core.ownership import Ownership
from delivery.core.tracker import Tracker
from delivery.delivered.writer import DeliveredWriter
from delivery.push.parts import PushParts

_log = logging.getLogger(__name__)

_HAND_OVER_SECONDS = 1.0
_RETRY_SECONDS = 0.5

Adopt = Callable[[Ownership, list[int]], None]
Load = Callable[[list[TopicPartition], int], Awaitable[dict[TopicPartition, Tracker]]]


class RebalanceListener(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka has no types
    """Owns the epoch: the number of this instance's current assignment, from 1.

    Between a revocation and the next assignment every partition is suspended: not pushed from,
    and what is fetched of it is dropped. What is kept goes on as it was, if no generation passed
    in between without us: then nobody else can have had it.
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        assignor: StickyAssignor,
        push: PushParts,
        delivered: DeliveredWriter,
        commits: Commits,
        load: Load,
        adopt: Adopt,
    ) -> None:
        self._consumer = consumer
        self._assignor = assignor
        self._owner = push.owner
        self._changed = push.settlement.changed
        self._delivered = delivered
        self._commits = commits
        self._load = load
        self._adopt = adopt
        self._generation = 0
        self._suspended_at = time.monotonic()
        self.epoch = 0

    async def on_partitions_revoked(self, _revoked: list[TopicPartition]) -> None:
        """Stop pushing, wait briefly for what is in flight, and commit."""
        self._suspended_at = time.monotonic()
        self._owner.suspend()
        await self._hand_over()
        await self._commits.finish(self._owner.partitions.values())

    async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        """Go on with what was kept; load the trackers of the rest, and begin where each stands."""
        self.epoch += 1
        before, self._generation = self._generation, generation_of(self._consumer)
        self._commits.begin(self._generation)
        kept = self._keep(assigned, is_next=self._generation == before + 1)
        numbers = [place.partition for place in assigned]
        self._adopt(self._assignor.begin(self._generation), numbers)
        for place in kept:
            tracker = self._owner.partitions[place.partition].tracker
            self._consumer.seek(place, tracker.next_to_receive)
            self._owner.resume(place.partition)
        fresh = sorted(set(assigned) - set(kept))
        trackers = await self._load_patiently(fresh) if fresh else {}
        for place, tracker in trackers.items():
            self._consumer.seek(place, tracker.next_to_receive)
            self._owner.assign(place.partition, tracker)
        self._owner.serve()
        metrics.REBALANCES.observe(time.monotonic() - self._suspended_at)
        counts = {"count": len(assigned), "kept": len(kept)}
        generation = {"generation": self._generation, "epoch": self.epoch}
        _log.info("partitions assigned", extra=counts | generation)

    def _keep(self, assigned: list[TopicPartition], *, is_next: bool) -> list[TopicPartition]:
        kept = [one for one in assigned if is_next and one.partition in self._owner.partitions]
        for number in self._owner.partitions.keys() - {one.partition for one in kept}:
            self._owner.revoke(number)
        return kept

    async def _hand_over(self) -> None:
        """Wait for the acks of what was pushed and for their writes, so that the next owner does
        not push it again; who is silent for longer is pushed to again.
        """
        is_awaited = self._owner.awaited()
        with suppress(TimeoutError):
            async with asyncio.timeout(_HAND_OVER_SECONDS):
                while is_awaited():
                    self._changed.clear()
                    await self._changed.wait()
                await self._delivered.flush()

    async def _load_patiently(
        self, assigned: list[TopicPartition]
    ) -> dict[TopicPartition, Tracker]:
        while True:
            try:
                return await self._load(assigned, self.epoch)
            except Exception as error:  # noqa: BLE001 - aiokafka would log it, and never feed us
                _log.warning("offsets not loaded, trying again", extra={"cause": repr(error)})
                await asyncio.sleep(_RETRY_SECONDS)
