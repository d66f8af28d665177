"""Takes records from the log into the windows, and pauses partitions with a full window."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from delivery import metrics
from delivery.consume.parse_record import (
    InboxChange,
    UnreadableRecordError,
    parse_record,
    supersede_notice_in,
)
from delivery.core.decision_types import SettleOutcome
from delivery.core.record import Erasure, Record
from delivery.core.tracker import Tracker
from delivery.dead_letters.sender import DeadLetters
from delivery.push.partition import Partition
from delivery.push.parts import PushParts

_log = logging.getLogger(__name__)

_FETCH_RECORDS = 2_000
_IDLE_MS = 200
_PAUSED_MS = 20
_RETRY_SECONDS = 1.0
#: If fetches fail for this long, intake ends the process. An outage of Kafka raises nothing, so a
#: lasting error means that one of aiokafka's own tasks has died. Only a new process recovers from
#: that.
_GIVE_UP_SECONDS = 30.0
#: The bound on the bytes of a partition's unsettled records. A setting bounds their number.
_WINDOW_BYTES = 64 * 1024 * 1024
#: Once the first share of a window is in use, records are parked until less than the second share
#: is in use.
_NEARLY_FULL, _ROOMY = 0.9, 0.7


class Intake:
    """Owns the fetched records that did not fit into a window. They go in first once there is room.

    There is no await between a fetch and the windows. So a record reaches the tracker of the
    assignment under which it was fetched, or no tracker.
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        push: PushParts,
        dead_letters: DeadLetters,
        window: int,
        until_room: Callable[[], Awaitable[None]],
        *,
        traced: bool = False,
    ) -> None:
        self._consumer = consumer
        self._partitions = push.owner.partitions
        self._log_feed = push.feed
        self._settlement = push.settlement
        self._dead_letters = dead_letters
        self._window = window
        self._until_room = until_room
        self._traced = traced
        self._left_over: dict[TopicPartition, tuple[Partition, deque[ConsumerRecord]]] = {}
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
        `KafkaError` once every fetch has failed for 30 seconds.
        """
        fetched_at = time.monotonic()
        while not self._stopped.is_set():
            self._feed_left_over()
            timeout_ms = _PAUSED_MS if self._left_over else _IDLE_MS
            try:
                fetched = await self._consumer.getmany(
                    timeout_ms=timeout_ms, max_records=_FETCH_RECORDS
                )
            except KafkaError as error:
                if time.monotonic() - fetched_at > _GIVE_UP_SECONDS:
                    raise
                _log.warning("fetch failed", extra={"cause": repr(error)})
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            fetched_at = time.monotonic()
            if self._stopped.is_set():
                return
            for topic_partition, records in fetched.items():
                partition = self._partitions.get(topic_partition.partition)
                if partition is not None and _is_fed(partition):
                    self._feed(topic_partition, partition, deque(records))
            # The next records may have been fetched ahead, and then `getmany` does not wait. Let
            # other tasks handle acks in between.
            await asyncio.sleep(0)
            # Inbox events and parked records are settled at once, so no window bounds them.
            await self._until_room()

    def _feed_left_over(self) -> None:
        # `_feed` puts back the records that still do not fit.
        left_over, self._left_over = self._left_over, {}
        for topic_partition, (partition, records) in left_over.items():
            if _is_fed(partition):
                self._feed(topic_partition, partition, records)
                if topic_partition not in self._left_over:
                    self._consumer.resume(topic_partition)
        metrics.PAUSED.set(len(self._left_over))

    def _feed(
        self, topic_partition: TopicPartition, partition: Partition, records: deque[ConsumerRecord]
    ) -> None:
        tracker = partition.tracker
        while records and not self._is_full(tracker, 1.0):
            if taken := self._take(partition, records):
                self._log_feed.feed(partition, taken)
            if self._is_full(tracker, _NEARLY_FULL):
                self._log_feed.make_room(partition, partial(self._is_roomy, partition))
        if records:
            self._left_over[topic_partition] = partition, records
            self._consumer.pause(topic_partition)

    def _take(self, partition: Partition, records: deque[ConsumerRecord]) -> list[Record | Erasure]:
        """Receive records while there is room, up to the next erasure, and return those to feed.

        Inbox changes are emitted and settled at once, and records that cannot be parsed are
        dead-lettered.
        """
        tracker = partition.tracker
        taken: list[Record | Erasure] = []
        while True:  # the caller has checked that there is a record, and room for it
            record = records.popleft()
            # Otherwise it is a repeat, or was settled under an earlier assignment.
            if tracker.receive(record.offset, len(record.value or b"")):
                parsed = self._parse(partition, record)
                if parsed is not None:
                    taken.append(parsed)
                if isinstance(parsed, Erasure):
                    # Feed the erasure before later inbox changes are emitted. Otherwise the client
                    # would apply those changes first, and then empty its list.
                    return taken
            if not records or self._is_full(tracker, 1.0):
                return taken

    def _parse(self, partition: Partition, record: ConsumerRecord) -> Record | Erasure | None:
        """Return what to feed to the users; None if the record is handled here instead."""
        notice = None
        try:
            parsed = parse_record(record, partition.tracker.epoch, traced=self._traced)
            if isinstance(parsed, Record):
                if not parsed.collapses:  # so it supersedes no others
                    return parsed
                notice = supersede_notice_in(record)
        except UnreadableRecordError as error:
            self._dead_letter(partition, record, str(error))
            return None
        except Exception as error:  # noqa: BLE001 - it would end one instance after the other
            self._dead_letter(partition, record, f"parsing failed: {error!r}")
            return None
        if isinstance(parsed, InboxChange):
            self._log_feed.emit_inbox(partition.number, parsed.user, parsed.payload)
            self._settler(partition, record, SettleOutcome.IGNORED)()
            return None
        if notice is not None:
            self._log_feed.supersede(partition, parsed.user, *notice)
        return parsed

    def _is_roomy(self, partition: Partition) -> bool:
        return not self._is_full(partition.tracker, _ROOMY)

    def _dead_letter(self, partition: Partition, record: ConsumerRecord, reason: str) -> None:
        self._dead_letters.add(
            record,
            reason,
            is_ours=lambda: not partition.is_revoked,
            then=self._settler(partition, record, SettleOutcome.DEAD_LETTERED),
        )

    def _settler(
        self, partition: Partition, record: ConsumerRecord, outcome: SettleOutcome
    ) -> Callable[[], None]:
        """Return a function that settles the record, which is not a notification."""
        size, epoch = len(record.value or b""), partition.tracker.epoch
        settle = self._settlement.settle_offset
        return partial(settle, partition, record.offset, size, epoch, outcome=outcome)

    def _is_full(self, tracker: Tracker, share: float) -> bool:
        return (
            tracker.in_flight >= self._window * share
            or tracker.in_flight_bytes >= _WINDOW_BYTES * share
        )


def _is_fed(partition: Partition) -> bool:
    # Records of a suspended partition may be dropped: before `RebalanceListener` resumes the
    # partition, it seeks back to the first record that was not received.
    return not (partition.is_revoked or partition.is_suspended)
