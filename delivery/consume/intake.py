"""Takes records from the log into their partitions' windows, and pauses those that are full."""

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
from delivery.core.decisions import SettleOutcome
from delivery.core.record import Erasure, Record
from delivery.dead_letters.sender import DeadLetters
from delivery.push.partition import Partition
from delivery.push.parts import PushParts

_log = logging.getLogger(__name__)

_FETCH_RECORDS = 2_000
_IDLE_MS = 200
_PAUSED_MS = 20
_RETRY_SECONDS = 1.0
#: An outage of Kafka raises nothing. What fails for so long is aiokafka's own coordination, which
#: does not come back once one of its tasks has died: a new process does.
_GIVE_UP_SECONDS = 30.0
#: Beside their number, the bytes of a partition's unsettled records are bounded.
_WINDOW_BYTES = 64 * 1024 * 1024
_NEARLY_FULL, _ROOMY = 0.9, 0.7


class Intake:
    """Owns what was fetched and found no room in its window; it goes in first when there is.

    What is fetched is fed without an await in between: a record is either received by the
    tracker of the assignment it was fetched under, or not at all.
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        push: PushParts,
        dead_letters: DeadLetters,
        window: int,
        until_told: Callable[[], Awaitable[None]],
        *,
        traced: bool = False,
    ) -> None:
        self._consumer = consumer
        self._partitions = push.owner.partitions
        self._log_feed = push.feed
        self._settlement = push.settlement
        self._dead_letters = dead_letters
        self._window = window
        self._until_told = until_told
        self._traced = traced
        self._left_over: dict[TopicPartition, tuple[Partition, deque[ConsumerRecord]]] = {}
        self._stopped = asyncio.Event()

    @property
    def paused(self) -> frozenset[int]:
        """The partitions that wait for room."""
        return frozenset(place.partition for place in self._left_over)

    def stop(self) -> None:
        """Take in no more."""
        self._stopped.set()

    async def run(self) -> None:
        """Take in until stopped; a member without partitions goes on asking, and so stays one.

        Raises what fetching fails of, where it does nothing else for half a minute.
        """
        fetched_at = time.monotonic()
        while not self._stopped.is_set():
            self._feed_left_over()
            wait = _PAUSED_MS if self._left_over else _IDLE_MS
            try:
                fetched = await self._consumer.getmany(timeout_ms=wait, max_records=_FETCH_RECORDS)
            except KafkaError as error:
                if time.monotonic() - fetched_at > _GIVE_UP_SECONDS:
                    raise
                _log.warning("fetch failed, trying again", extra={"cause": repr(error)})
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            fetched_at = time.monotonic()
            if self._stopped.is_set():
                return
            for place, records in fetched.items():
                partition = self._partitions.get(place.partition)
                if partition is not None and _is_fed(partition):
                    self._feed(place, partition, deque(records))
            # Records that were fetched ahead come without a wait: let acks in between.
            await asyncio.sleep(0)
            # What is told settles at once, and so no window bounds it.
            await self._until_told()

    def _feed_left_over(self) -> None:
        left_over, self._left_over = self._left_over, {}
        for place, (partition, records) in left_over.items():
            if _is_fed(partition):
                self._feed(place, partition, records)
                if place not in self._left_over:
                    self._consumer.resume(place)
        metrics.PAUSED.set(len(self._left_over))

    def _feed(
        self, place: TopicPartition, partition: Partition, records: deque[ConsumerRecord]
    ) -> None:
        while records and not self._is_full(partition, 1.0):
            self._log_feed.feed(partition, self._take(partition, records))
            if self._is_full(partition, _NEARLY_FULL):
                self._log_feed.make_room(partition, partial(self._is_roomy, partition))
        if records:
            self._left_over[place] = partition, records
            self._consumer.pause(place)

    def _take(self, partition: Partition, records: deque[ConsumerRecord]) -> list[Record | Erasure]:
        """The notifications for which there is room, up to the next erasure; what else there is
        settles by itself.
        """
        tracker = partition.tracker
        taken: list[Record | Erasure] = []
        while records and not self._is_full(partition, 1.0):
            record = records.popleft()
            size = len(record.value or b"")
            if not tracker.receive(record.offset, size):
                continue
            settle = partial(
                self._settlement.settle_offset, partition, record.offset, size, tracker.epoch
            )
            try:
                found = parse_record(record, tracker.epoch, traced=self._traced)
                # Only those with a collapse key supersede: the others are not searched for it.
                collapses = isinstance(found, Record) and found.collapses
                superseding = supersede_notice_in(record) if collapses else None
            except UnreadableRecordError as error:
                self._bury(partition, record, str(error), settle)
                continue
            except Exception as error:  # noqa: BLE001 - else this record ends every instance in turn
                self._bury(partition, record, f"reading it failed: {error!r}", settle)
                continue
            if isinstance(found, InboxChange):
                self._log_feed.emit_inbox_event(partition.number, found.user, found.payload)
                settle(SettleOutcome.IGNORED)
                continue
            taken.append(found)
            if superseding is not None:
                self._log_feed.supersede(partition, found.user, *superseding)
            if isinstance(found, Erasure):
                break  # what changed behind it is told behind it
        return taken

    def _is_roomy(self, partition: Partition) -> bool:
        return not self._is_full(partition, _ROOMY)

    def _bury(
        self,
        partition: Partition,
        record: ConsumerRecord,
        reason: str,
        settle: Callable[[SettleOutcome], None],
    ) -> None:
        self._dead_letters.add(
            record,
            reason,
            is_ours=lambda: not partition.is_revoked,
            then=partial(settle, SettleOutcome.DEAD_LETTERED),
        )

    def _is_full(self, partition: Partition, share: float) -> bool:
        tracker = partition.tracker
        return (
            tracker.in_flight >= self._window * share
            or tracker.in_flight_bytes >= _WINDOW_BYTES * share
        )


def _is_fed(partition: Partition) -> bool:
    # What is dropped of a suspended partition is fetched again: before `RebalanceListener` resumes
    # the partition, it seeks back to the first record that was not received.
    return not (partition.is_revoked or partition.is_suspended)
