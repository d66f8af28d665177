"""Settles records, and signals when there is something to commit."""

import asyncio
import time
from collections.abc import Collection, Sequence

from delivery import metrics
from delivery.core.decision_types import SettleOutcome
from delivery.core.receipt import Receipt, expired_receipts
from delivery.core.record import Record
from delivery.push.partition import Partition
from delivery.receipts.queue import Receipts
from producer_api.contract.events import ReceiptType

#: Once this many records are settled, they are committed without waiting for the interval. Under
#: load, this bounds how many records the next owner would read again after a crash.
_MANY_SETTLED = 1_000
_EXPIRED = SettleOutcome.EXPIRED


class Settlement:
    """Owns the count of records settled since the last commit, and what other tasks wait for."""

    def __init__(self, receipts: Receipts) -> None:
        self._receipts = receipts
        self._uncommitted = 0
        self.changed = asyncio.Event()
        """Set when a record is settled or a user's state changes. Clear it before waiting."""
        self.many_settled = asyncio.Event()
        """Set when a commit is due before its interval is over. `begin_commit` clears it."""

    def settle(
        self, partition: Partition, records: Sequence[Record], outcome: SettleOutcome
    ) -> None:
        """Settle notifications in the partition's tracker. Queue the receipts of expired ones."""
        if outcome is _EXPIRED:
            self._receipts.add(expired_receipts(records))
        settle = partition.tracker.settle
        for record in records:
            if settle(record.offset, len(record.value), record.epoch):
                self._count(outcome)

    def settle_offset(
        self, partition: Partition, offset: int, size: int, epoch: int, *, outcome: SettleOutcome
    ) -> None:
        """Settle one record of any kind, of `size` bytes, in the partition's tracker.

        Does nothing if the record is settled already, or belongs to another assignment.
        """
        if partition.tracker.settle(offset, size, epoch):
            self._count(outcome)

    def _count(self, outcome: SettleOutcome) -> None:
        metrics.SETTLED.inc(outcome)
        self.changed.set()
        self._uncommitted += 1
        if self._uncommitted >= _MANY_SETTLED:
            self.many_settled.set()

    def write_receipts(
        self, kind: ReceiptType, user_id: str, ids: Collection[str], attempts: int = 0
    ) -> None:
        """Queue receipts for these notifications of one user.

        SUPERSEDED and WITHDRAWN receipts are only candidates: the inbox decides which one is
        written, if any.
        """
        if ids:
            self.add_receipts((Receipt(kind, user_id, ids, time.time(), attempts),))

    def add_receipts(self, receipts: Sequence[Receipt]) -> None:
        """Queue these receipts."""
        self._receipts.add(receipts)

    def begin_commit(self) -> None:
        """Record that everything settled so far is about to be committed."""
        self._uncommitted = 0
        self.many_settled.clear()
