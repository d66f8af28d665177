"""What happens when the group gives this instance partitions, or takes them away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from delivery.core.tracker import Tracker
from delivery.push.owner import Owner
from delivery.settle.commits import Commits, until_settled

_log = logging.getLogger(__name__)

_HAND_OVER_SECONDS = 1.0
_RETRY_SECONDS = 0.5

Load = Callable[[list[TopicPartition], int], Awaitable[dict[TopicPartition, Tracker]]]


class Assignment(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka has no types
    """Owns the epoch: the number of this instance's current assignment, from 1.

    Between revocation and the moment its tracker is loaded and the consumer has sought to it, a
    partition is not among the owner's, and whatever is fetched of it is dropped.
    """

    def __init__(
        self, consumer: AIOKafkaConsumer, owner: Owner, commits: Commits, load: Load
    ) -> None:
        self._consumer = consumer
        self._owner = owner
        self._commits = commits
        self._load = load
        self.epoch = 0
        self.joined = False
        """Whether the group has assigned this instance its share, be it empty."""

    async def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:
        """Wait briefly for what is in flight, commit it, and let go."""
        self.joined = False
        partitions = [
            self._owner.partitions[one.partition]
            for one in revoked
            if one.partition in self._owner.partitions
        ]
        if not partitions:
            return
        await until_settled(self._owner, partitions, _HAND_OVER_SECONDS)
        await self._commits.finish(partitions)
        for partition in partitions:
            self._owner.revoke(partition.number)
        _log.info("partitions revoked", extra={"count": len(partitions), "epoch": self.epoch})

    async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        """Load the trackers, then open the gate where each stands."""
        self.epoch += 1
        self._commits.forget()
        trackers = await self._load_patiently(sorted(assigned)) if assigned else {}
        for partition, tracker in trackers.items():
            self._consumer.seek(partition, tracker.next_to_receive)
            self._owner.assign(partition.partition, tracker)
        self.joined = True
        _log.info("partitions assigned", extra={"count": len(assigned), "epoch": self.epoch})

    async def _load_patiently(
        self, assigned: list[TopicPartition]
    ) -> dict[TopicPartition, Tracker]:
        while True:
            try:
                return await self._load(assigned, self.epoch)
            except Exception as error:  # noqa: BLE001 - aiokafka would log it, and never feed us
                _log.warning("offsets not loaded, trying again", extra={"cause": repr(error)})
                await asyncio.sleep(_RETRY_SECONDS)
