"""Takes records from the log into the windows, and pauses partitions with a full window."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError

from delivery import metrics
from delivery.consume.feeder import Feeder, is_fed
from delivery.consume.guarded_fetch import check_fetching
from delivery.consume.troubled_partitions import TroubledPartitions
from delivery.push.owner import Owner
from delivery.push.partition import Partition

_log = logging.getLogger(__name__)

_FETCH_RECORDS = 2_000
_IDLE_MS = 200
_PAUSED_MS = 20
_RETRY_SECONDS = 1.0
#: If fetches fail for this long, intake ends the process. An outage of Kafka raises nothing, so a
#: lasting error means that one of aiokafka's own tasks has died. Only a new process recovers from
#: that.
_GIVE_UP_SECONDS = 30.0
#: How long records may be fed in one turn of the event loop. Most fetches need less. A fetch of
#: costly records is fed in several turns.
_SLICE_SECONDS = 0.01


class Intake:
    """Owns the fetched records that are not fed yet, and feeds them before it fetches more.

    Most fetches are fed at once. What does not fit into a window waits for room, and what takes too
    long for one turn of the event loop waits for the next. Such records are kept together with
    their `Partition`, so a record reaches the tracker of the assignment under which it was fetched,
    or no tracker.
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        owner: Owner,
        feeder: Feeder,
        troubled: TroubledPartitions,
        until_room: Callable[[], Awaitable[None]],
    ) -> None:
        self._consumer = consumer
        self._partitions = owner.partitions
        self._feeder = feeder
        self._troubled = troubled
        self._until_room = until_room
        self._left_over: dict[TopicPartition, tuple[Partition, deque[ConsumerRecord]]] = {}
        self._begin_slice()
        self._stopped = asyncio.Event()

    @property
    def paused(self) -> frozenset[int]:
        """The partitions that wait for room in their windows."""
        return frozenset(topic_partition.partition for topic_partition in self._left_over)

    def stop(self) -> None:
        """Stop taking in records."""
        self._stopped.set()

    async def run(self) -> None:
        """Take records in until stopped.

        A member without partitions keeps fetching, because that keeps it in the group. Raises
        the last error once every fetch has failed for 30 seconds, or once aiokafka fetches no more.
        """
        fetched_at = time.monotonic()
        while not self._stopped.is_set():
            await self._feed_waiting()
            check_fetching(self._consumer)
            timeout_ms = _PAUSED_MS if self._left_over else _IDLE_MS
            try:
                fetched = await self._consumer.getmany(
                    timeout_ms=timeout_ms, max_records=_FETCH_RECORDS
                )
            except Exception as error:
                self._seek_all()
                if time.monotonic() - fetched_at > _GIVE_UP_SECONDS:
                    raise
                _log.warning("fetch failed", extra={"cause": repr(error)})
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            fetched_at = time.monotonic()
            if self._stopped.is_set():
                return
            self._take_in(fetched)
            # The next records may have been fetched ahead, and then `getmany` does not wait. Let
            # other tasks handle acks in between.
            await asyncio.sleep(0)
            # Wait until there is room for receipts: some records are settled at once, for example
            # parked ones, so no window bounds their receipts.
            await self._until_room()

    async def _feed_waiting(self) -> None:
        """Feed the waiting records that there is room for, in as many turns as it takes."""
        self._feed_left_over()
        while self._is_slice_over and not self._stopped.is_set():
            await asyncio.sleep(0)
            await self._until_room()
            self._feed_left_over()

    def _begin_slice(self) -> None:
        self._is_slice_over = False
        self._slice_end = time.monotonic() + _SLICE_SECONDS

    def _take_in(self, fetched: Mapping[TopicPartition, Sequence[ConsumerRecord]]) -> None:
        self._begin_slice()
        for topic_partition, records in fetched.items():
            partition = self._partitions.get(topic_partition.partition)
            if partition is None or not is_fed(partition):
                continue
            if topic_partition in self._troubled:
                self._leave_to_reader(topic_partition)
            else:
                self._feed(topic_partition, partition, deque(records))

    def _seek_all(self) -> None:
        """Seek every partition to the offset that it receives next.

        A failed `getmany` may have taken records of some partitions, and dropped them. Without
        this, the next fetch would skip them.
        """
        for topic_partition in self._consumer.assignment():
            partition = self._partitions.get(topic_partition.partition)
            if partition is None or not is_fed(partition):
                continue  # `RebalanceListener` seeks before the partition is fed.
            left_by, left_over = self._left_over.get(topic_partition, (None, None))
            if left_over and left_by is partition:
                offset = left_over[-1].offset + 1
            else:
                offset = partition.tracker.next_to_receive
            try:
                self._consumer.seek(topic_partition, offset)
            except IllegalStateError:
                continue  # The partition was just lost.

    def _feed_left_over(self) -> None:
        # `_feed` puts back the records that still do not fit.
        self._begin_slice()
        left_over, self._left_over = self._left_over, {}
        for topic_partition, (partition, records) in left_over.items():
            if topic_partition in self._troubled:
                continue  # `TroubledPartitions` resumes it.
            if is_fed(partition):
                self._feed(topic_partition, partition, records)
            elif partition.is_suspended or partition.is_revoked:
                continue  # The next assignment resumes it.
            if topic_partition not in self._left_over:
                with suppress(IllegalStateError):  # The partition was just lost.
                    self._consumer.resume(topic_partition)
        metrics.PAUSED.set(len(self._left_over))

    def _leave_to_reader(self, troubled: TopicPartition) -> None:
        """Drop the records of a troubled partition. `TroubledPartitions` fetches them again.

        If some of the records were fed here, and others dropped for lack of room, the next fetch
        would continue after the dropped ones, and the commits would pass them.
        """
        with suppress(IllegalStateError):  # The partition was just lost.
            # A rebalance, or a check of the log, may have resumed the partition in aiokafka.
            self._consumer.pause(troubled)

    def _feed(
        self, topic_partition: TopicPartition, partition: Partition, records: deque[ConsumerRecord]
    ) -> None:
        if not self._is_slice_over:
            self._feeder.feed(partition, records, self._slice_end)
            # If the window is full as well, the next slice feeds none of these records, and ends.
            self._is_slice_over = bool(records) and time.monotonic() >= self._slice_end
        if records:
            self._left_over[topic_partition] = partition, records
            self._consumer.pause(topic_partition)
