"""Hands over partitions and takes over new ones when the group rebalances."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from delivery import metrics
from delivery.consume.commits import Commits
from delivery.consume.generation import generation_of
from delivery.consume.loading import Load, Loading
from delivery.consume.log_watch import LogWatch
from delivery.core.tracker import Tracker
from delivery.delivered.writer import DeliveredWriter
from delivery.push.parts import PushParts

_log = logging.getLogger(__name__)

#: How long a hand-over waits for acks. The whole group waits meanwhile.
_HAND_OVER_SECONDS = 1.0
#: How long a rebalance waits for the check of the logs of the partitions that stay here.
_CHECK_SECONDS = 2.0


class RebalanceFailedError(Exception):
    """A rebalance could not be carried out, so this instance does not know what it owns."""


#: Adopts the map of owners of this generation, with the partitions assigned here.
Adopt = Callable[[int, list[int]], None]


class RebalanceListener(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka has no types
    """Owns the epoch: the number of this instance's current assignment, from 1.

    Between a revocation and the next assignment every partition is suspended: nothing is pushed,
    and fetched records are dropped. A partition that stays here continues with its tracker, unless
    a generation has passed without this instance. In that case another member may have had the
    partition, so its tracker is loaded again.
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        push: PushParts,
        delivered: DeliveredWriter,
        commits: Commits,
        load: Load,
        adopt: Adopt,
        watch: LogWatch,
    ) -> None:
        self._consumer = consumer
        self._owner = push.owner
        self._changed = push.settlement.changed
        self._delivered = delivered
        self._commits = commits
        self._load = load
        self._loading = Loading(self._load_from_log, self._begin)
        self._topic_id = ""
        self._adopt = adopt
        self._watch = watch
        self._generation = 0
        self._suspended_at = time.monotonic()
        self._error: BaseException | None = None
        self._has_failed = asyncio.Event()
        self.epoch = 0

    async def until_failed(self) -> NoReturn:
        """Wait until a rebalance has failed. Raises `RebalanceFailedError`.

        aiokafka only logs what a callback raises, and goes on. The partitions would stay suspended
        permanently, and no other member would get them.
        """
        await self._has_failed.wait()
        raise RebalanceFailedError("a rebalance failed") from self._error

    @property
    def waiting(self) -> frozenset[int]:
        """The partitions that are assigned here, and that nobody serves yet."""
        return self._loading.waiting

    async def stop(self) -> None:
        """Stop loading partitions."""
        await self._loading.stop()

    async def on_partitions_revoked(self, _revoked: list[TopicPartition]) -> None:
        """Stop pushing, wait briefly for outstanding acks, and commit."""
        with self._failures():
            self._suspended_at = time.monotonic()
            # Suspend all partitions, because it is not known yet which of them stay here.
            self._owner.suspend()
            await self._loading.stop()
            await self._hand_over()
            await self._commits.finish(self._owner.partitions.values())

    async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        """Resume the partitions that stay here, and load and start the new ones."""
        with self._failures():
            await self._take_over(assigned)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Let `until_failed` report whatever the block raises, including a cancellation."""
        try:
            yield
        except BaseException as error:
            self._note_failure(error)
            raise

    def _note_failure(self, error: BaseException) -> None:
        self._error = error
        self._has_failed.set()

    async def _take_over(self, assigned: list[TopicPartition]) -> None:
        self.epoch += 1
        last_generation, self._generation = self._generation, generation_of(self._consumer)
        self._commits.begin(self._generation)
        kept = self._keep(assigned, is_next=self._generation == last_generation + 1)
        numbers = [partition.partition for partition in assigned]
        # Adopt the map before anything is pushed, to drop subscriptions that moved elsewhere.
        self._adopt(self._generation, numbers)
        if kept:
            await self._watch.check(_CHECK_SECONDS, in_rebalance=True)
        # Kept partitions resume before the load below, which may wait long for the coordinator.
        for partition in kept:
            # Records fetched while the partition was suspended were dropped. Fetch them again.
            tracker = self._owner.partitions[partition.partition].tracker
            self._consumer.seek(partition, tracker.next_to_receive)
            self._owner.resume(partition.partition)
            await self._connect_users()
        await self._loading.load(set(assigned) - set(kept), self.epoch)
        self._owner.serve()
        metrics.REBALANCES.observe(time.monotonic() - self._suspended_at)
        counts = {"count": len(assigned), "kept": len(kept)}
        generation = {"generation": self._generation, "epoch": self.epoch}
        _log.info("partitions assigned", extra=counts | generation)

    async def _load_from_log(
        self, partitions: list[TopicPartition], epoch: int
    ) -> dict[TopicPartition, Tracker]:
        # Ask for the id before the offsets. If the topic is created again in between, `LogWatch`
        # then finds another id.
        self._topic_id = await self._watch.topic_id()
        return await self._load(partitions, epoch)

    async def _begin(self, partition: TopicPartition, tracker: Tracker) -> None:
        """Start a partition whose tracker has been loaded."""
        try:
            self._consumer.seek(partition, tracker.next_to_receive)
            self._owner.assign(partition.partition, tracker)
            self._watch.track(self._owner.partitions[partition.partition], self._topic_id)
            self._watch.check_now.set()
            await self._connect_users()
        except Exception as error:
            # `Loading` may call this in its own task, after the rebalance, outside `_failures`.
            self._note_failure(error)
            raise

    def _keep(self, assigned: list[TopicPartition], *, is_next: bool) -> list[TopicPartition]:
        """Revoke the partitions that do not stay here, and return those that do."""
        owned = self._owner.partitions
        kept = [partition for partition in assigned if is_next and partition.partition in owned]
        for number in owned.keys() - {partition.partition for partition in kept}:
            self._owner.revoke(number)
        return kept

    async def _connect_users(self) -> None:
        """Connect the users of a partition that was resumed or assigned, and let other tasks run.

        Records may arrive meanwhile: the feed connects their users first.
        """
        are_left = True
        while are_left:
            are_left = self._owner.connect_some()
            await asyncio.sleep(0)

    async def _hand_over(self) -> None:
        """Wait at most a second until pushed events are acknowledged and written.

        The next owner pushes again everything that is not written by then.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_HAND_OVER_SECONDS):
                is_awaited = await self._owner.awaited()
                while is_awaited():
                    # Do not await between the check and `clear`: a change would be missed.
                    self._changed.clear()
                    await self._changed.wait()
                await self._delivered.flush()
