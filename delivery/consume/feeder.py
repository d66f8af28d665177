"""Feeds records to the windows of their partitions, as far as there is room."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from math import inf

from aiokafka import ConsumerRecord

from delivery.consume.parse_record import (
    InboxChange,
    Muted,
    UnreadableRecordError,
    parse_record,
    supersede_notice_in,
)
from delivery.core.batch_records import LostRecords
from delivery.core.decision_types import SettleOutcome
from delivery.core.record import Fed, Record, Supersession
from delivery.core.tracker import Tracker
from delivery.dead_letters.record import LeftOut
from delivery.dead_letters.sender import DeadLetters
from delivery.push.partition import Partition
from delivery.push.parts import PushParts
from producer_api.contract.events import ReceiptType

#: The bound on the bytes of a partition's unsettled records. Settings bound their number, and the
#: bytes of all partitions together.
_WINDOW_BYTES = 64 * 1024 * 1024
#: Once the first share of a window is in use, records are parked until less than the second share
#: is in use.
_NEARLY_FULL, _ROOMY = 0.9, 0.7
#: The clock is read after this many bytes of values. Parsing odd JSON takes up to 60 ns a byte.
_BYTES_BETWEEN_CLOCK_READS = 64 * 1024


class Feeder:
    """Takes records into their trackers, and hands them to the users. Owns no state.

    Nothing here awaits, so a record reaches the tracker of the assignment under which it was
    fetched, or no tracker.
    """

    def __init__(
        self,
        push: PushParts,
        dead_letters: DeadLetters,
        window: int,
        all_bytes: int,
        *,
        traced: bool = False,
    ) -> None:
        """Bound each partition to `window` unsettled records, and all together to `all_bytes`."""
        self._log_feed = push.feed
        self._settlement = push.settlement
        self._dead_letters = dead_letters
        self._window = window
        self._all_bytes = all_bytes
        self._partitions = push.owner.partitions
        self._traced = traced

    def feed(
        self, partition: Partition, records: deque[ConsumerRecord], until: float = inf
    ) -> None:
        """Feed as many records as the window has room for, and remove them from `records`.

        Stops soon after `until`, a time of `time.monotonic`, but not before the first record.
        """
        tracker = partition.tracker
        while records and not self._is_full(tracker, 1.0):
            if taken := self._take(partition, records):
                self._log_feed.feed(partition, taken)
            self._make_room(partition)
            if time.monotonic() >= until:
                return

    def dead_letter(self, partition: Partition, lost: LostRecords, topic: str) -> bool:
        """Send a stub for these records to the dead-letter topic; return False if there is no room.

        The stub's first offset stands for all of them: a commit passes none of them before Kafka
        has the stub.
        """
        tracker = partition.tracker
        if self._is_full(tracker, 1.0):
            return False
        if (offset := tracker.receive_range(lost.offset, lost.last_offset + 1)) is not None:
            stub = ConsumerRecord(
                topic,
                partition.number,
                offset,
                lost.timestamp,
                0,
                lost.key,
                None,
                None,
                -1,
                -1,
                lost.headers,
            )
            left_out = LeftOut(lost.size, lost.last_offset)
            self._dead_letter(partition, stub, lost.reason, left_out)
        self._make_room(partition)
        return True

    def _make_room(self, partition: Partition) -> None:
        if self._is_full(partition.tracker, _NEARLY_FULL):
            self._log_feed.make_room(partition, partial(self._is_roomy, partition))

    def _take(self, partition: Partition, records: deque[ConsumerRecord]) -> list[Fed]:
        """Receive records while there is room, and return those to feed.

        Stops after an erasure, a withdrawal, or a record that supersedes others.

        Also stops when it is time to read the clock. Inbox changes are emitted and settled at
        once, and records that cannot be parsed are dead-lettered.
        """
        tracker = partition.tracker
        taken: list[Fed] = []
        bytes_left = _BYTES_BETWEEN_CLOCK_READS
        while True:  # the caller has checked that there is a record, and room for it
            record = records.popleft()
            # `receive` refuses a record that was received before, or settled under an earlier
            # assignment.
            size = len(record.value or b"")
            if tracker.receive(record.offset, size, record.key):
                fed = self._parse(partition, record, size)
                taken += fed
                if fed and not isinstance(fed[0], Record):
                    # Feed it before later inbox changes are emitted. Otherwise the client would
                    # apply those changes first, and then empty its list, or drop the withdrawal as
                    # an older event.
                    return taken
            bytes_left -= size
            if not records or bytes_left <= 0 or self._is_full(tracker, 1.0):
                return taken

    def _parse(self, partition: Partition, record: ConsumerRecord, size: int) -> Sequence[Fed]:
        """Return what to feed to the users; nothing if the record is handled here instead."""
        notice = None
        try:
            parsed = parse_record(record, partition.tracker.epoch, traced=self._traced)
            if isinstance(parsed, Record):
                if not parsed.collapses:  # so the record supersedes no others
                    return (parsed,)
                notice = supersede_notice_in(record)
        except UnreadableRecordError as error:
            self._dead_letter(partition, record, str(error))
            return ()
        except Exception as error:  # noqa: BLE001 - this would end one instance after another
            self._dead_letter(partition, record, f"parsing failed: {error!r}")
            return ()
        if isinstance(parsed, InboxChange):
            self._log_feed.emit_inbox(partition.number, parsed.user, parsed.payload)
            self._settler(partition, record, size, SettleOutcome.IGNORED)()
            return ()
        if isinstance(parsed, Muted):
            self._settlement.write_receipts(ReceiptType.MUTED, parsed.user, (parsed.id,))
            self._settler(partition, record, size, SettleOutcome.MUTED)()
            return ()
        return (parsed,) if notice is None else (Supersession(parsed.user, *notice), parsed)

    def _is_roomy(self, partition: Partition) -> bool:
        return not self._is_full(partition.tracker, _ROOMY)

    def _dead_letter(
        self,
        partition: Partition,
        record: ConsumerRecord,
        reason: str,
        left_out: LeftOut | None = None,
    ) -> None:
        # `DeadLetters` bounds the record's bytes. If the window counted them, they would delay
        # notifications while the dead-letter topic accepts nothing.
        size = len(record.value or b"")
        partition.tracker.dead_letter(record.offset, size, record.key, time.monotonic())
        self._dead_letters.add(
            record,
            reason,
            is_ours=lambda: not partition.is_revoked,
            then=self._settler(partition, record, 0, SettleOutcome.DEAD_LETTERED),
            left_out=left_out,
        )

    def _settler(
        self, partition: Partition, record: ConsumerRecord, size: int, outcome: SettleOutcome
    ) -> Callable[[], None]:
        """Return a function that settles the record, which must not be pushed."""
        epoch = partition.tracker.epoch
        settle = self._settlement.settle_offset
        return partial(settle, partition, record.offset, size, epoch, outcome=outcome)

    def _is_full(self, tracker: Tracker, share: float) -> bool:
        if tracker.in_flight >= self._window * share:
            return True
        # Each partition has a part of its own, so that none waits for room that another one uses.
        # An empty window takes a record of any size.
        part = min(_WINDOW_BYTES, self._all_bytes / max(1, len(self._partitions)))
        return tracker.in_flight_bytes >= part * share


def is_fed(partition: Partition) -> bool:
    """Return whether records may be fed to the partition now."""
    # Records of a suspended partition may be dropped: before `RebalanceListener` resumes the
    # partition, it seeks back to the first record that was not received. `LogWatch` does the same
    # before it continues a partition whose position was lost.
    return not (partition.is_revoked or partition.is_suspended or partition.is_position_lost)
