"""Writes `delivered_at` for acknowledged notifications, many acks in one write."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from pymongo.errors import WriteConcernError

from delivery import metrics
from delivery.core.receipt import Receipt
from delivery.delivered.failed_ack import FailedAck
from delivery.delivered.moments import Moments, ids_of, moments_of, times_of, users_of, written_at
from delivery.inbox import Inbox
from delivery.receipts.owed_note import OwedNote
from delivery.receipts.owed_receipts import Delivered, OwedReceipts
from delivery.receipts.queue import Receipts
from producer_api.contract.events import ReceiptType
from runtime.batch_queue import BatchQueue
from runtime.pace import Pace
from runtime.split_retries import WRITE_ERRORS, SplitRetries, is_about_documents

_log = logging.getLogger(__name__)

#: A write costs this process and MongoDB as much as some thirty of the acks in it, so acks gather
#: for this long. Only the user's next query to the inbox waits for the write, no push does.
_GATHER_SECONDS = 0.025
_MAX_IDS_PER_WRITE = 2_000
_RETRY_SECONDS = 0.5
#: How long a write may take before its acks are written in smaller groups. A locked document would
#: otherwise hold up all acks until the transaction that has locked it ends.
_WRITE_SECONDS = 1.0
#: How long a write may take while the secondaries are slow to confirm.
_SLOW_MAJORITY_SECONDS = 10.0
_LOG_SECONDS = 10.0
#: How many acks `oldest_acks` takes from each of the two queues.
_MOST_SHOWN = 200

#: The Unix time of an ack, its monotonic time, what it delivers, and what to call when that is
#: written. This is a plain tuple because each ack makes one: a named tuple takes three times as
#: long.
_Acked = tuple[float, float, Delivered, Callable[[], None]]


class DeliveredWriter:
    """Owns the acks that are not written yet, in the order of their arrival.

    A failed write is repeated until it succeeds. Its records are settled only then. If a write
    fails because of some of its documents, its acks are written in smaller groups, and later acks
    do not wait for them. The limit on notifications in flight also bounds the number of acks that
    wait here.
    """

    def __init__(self, inbox: Inbox, owed: OwedReceipts, receipts: Receipts) -> None:
        self._inbox = inbox
        self._owed = owed
        self._receipts = receipts
        self._acked: BatchQueue[_Acked] = BatchQueue()
        self._retries: SplitRetries[FailedAck] = SplitRetries(self._write_again)
        self._pace = Pace(_GATHER_SECONDS)
        #: The number of acks in the last write.
        self._last_acks = 0
        self._logged_at = 0.0

    def add(self, delivered: Delivered, then: Callable[[], None]) -> None:
        """Queue an ack of these notifications; call `then` when `delivered_at` is written."""
        self._acked.add((time.time(), time.monotonic(), delivered, then))

    @property
    def oldest_seconds(self) -> float:
        """For how long the oldest ack has waited to be written."""
        # The acks of failed writes were queued before all others. The wall clock may have been set
        # since, so it does not tell how long an ack has waited.
        times = [failed.acked_at for failed in islice(self._retries.waiting, 1)]
        times += [acked_at for _, acked_at, _, _ in self._acked.oldest(1)]
        return time.monotonic() - times[0] if times else 0.0

    def oldest_acks(self) -> dict[str, tuple[float, int]]:
        """Return the oldest acks: the Unix time and the attempt of each, by notification id."""
        failed = islice(self._retries.waiting, _MOST_SHOWN)
        acks = [(each.moment / 1000, each.delivered) for each in failed]
        acks += [(at, delivered) for at, _, delivered, _ in self._acked.oldest(_MOST_SHOWN)]
        return {id_: (at, delivered.attempt) for at, delivered in acks for id_ in delivered.ids}

    @property
    def blocked(self) -> int:
        """The number of acks that cannot be written, although others can."""
        return len(self._retries.alone)

    def blocked_for(self, seconds: float) -> Iterator[Delivered]:
        """Yield the acks that have been blocked for at least this long, the first blocked first.

        The caller may await in between. Leaves out what is written meanwhile.
        """
        before = time.monotonic() - seconds
        for failed in list(self._retries.alone):
            if failed.since <= before and failed in self._retries.alone:
                yield failed.delivered

    async def flush(self) -> None:
        """Write all acks at once, and wait until they are written. Has no time-out of its own.

        Does not wait for acks that cannot be written although others can.
        """
        with self._pace.urgent():
            await self._acked.until_at_most(0)
            await self._retries.until_all_alone()

    async def run(self) -> None:
        """Write until cancelled. Acks that arrive during a write go into the next one."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._retries.run())
            while True:
                await self._acked.until_filled()
                await self._gather()
                # Keep the batch in the queue during the write, because `flush` waits for an empty
                # queue.
                batch = self._next_batch()
                self._last_acks = len(batch)
                failed = await self._write_batch(batch)
                if failed:
                    self._retries.add(failed)
                self._acked.drop(len(batch))
                if not failed:
                    for *_, then in batch:
                        then()

    async def _gather(self) -> None:
        # While acks come one by one, write each at once: waiting for another would gain nothing.
        # An example is one user who catches up: each page of the inbox waits until the ack of the
        # page before is written.
        if self._last_acks <= 1 and len(self._acked) == 1:
            self._pace.start()
        else:
            await self._pace.turn()

    async def _write_batch(self, batch: list[_Acked]) -> list[FailedAck]:
        """Write the acks, and return those to write in smaller groups: none or all of them."""
        moments, size = moments_of((at, ack) for at, _, ack, _ in batch), len(batch)
        notes: list[OwedNote] = []
        seconds = _WRITE_SECONDS
        while True:
            try:
                # Store the note first. If this instance dies afterwards, another instance finds the
                # note and writes the receipts. Without it, nobody would write them if this instance
                # died after `mark_delivered`.
                notes.append(OwedNote(self._owed, size))
                await notes[-1].store([ack for _, _, ack, _ in batch], times_of(moments))
                _release(notes[:-1], size)
                del notes[:-1]
                await self._write(moments, seconds, partial(_release, notes, size))
            except WRITE_ERRORS as error:
                if is_about_documents(error):
                    acked = zip(times_of(moments), batch, strict=True)
                    return [
                        FailedAck(at, steady, ack, then, notes)
                        for at, (_, steady, ack, then) in acked
                    ]
                _log.warning("delivered_at not written yet", extra={"cause": str(error)})
                await asyncio.sleep(_RETRY_SECONDS)
                if isinstance(error, WriteConcernError):
                    seconds = _SLOW_MAJORITY_SECONDS
            else:
                return []

    async def _write_again(self, acks: Sequence[FailedAck], seconds: float) -> None:
        """Write a part of the acks of a failed write."""
        note = OwedNote(self._owed, len(acks))
        for ack in acks:
            ack.add(note)
        try:
            await note.store([ack.delivered for ack in acks], [ack.moment for ack in acks])
            for ack in acks:
                ack.keep_last_note()
            moments: Moments = [(ack.moment, [ack.delivered]) for ack in acks]
            await self._write(moments, seconds, partial(_release_of, acks))
        except WRITE_ERRORS as error:
            if len(acks) == 1:
                self._log_blocked(acks[0], error)
            raise
        for ack in acks:
            ack.then()

    async def _write(self, moments: Moments, seconds: float, told: Callable[[], None]) -> None:
        """Write `delivered_at`, and queue the receipts. Calls `told` when Kafka has these."""
        count = await self._inbox.mark_delivered(
            [
                (datetime.fromtimestamp(at / 1000, UTC), users_of(group), ids_of(group))
                for at, group in moments
            ],
            seconds,
        )
        acked = sum(len(each.ids) for _, group in moments for each in group)
        if count < acked:
            # Another instance, or an earlier try of this write, has set some of them.
            ids = [id_ for _, group in moments for id_ in ids_of(group)]
            users = set().union(*(users_of(group) for _, group in moments))
            moments = written_at(moments, await self._inbox.delivered_at(users, ids))
            metrics.REPEATED_ACKS.inc(acked - sum(len(ids_of(group)) for _, group in moments))
        if receipts := _receipts(moments, time.time() - time.monotonic()):
            self._receipts.add(receipts, told)
        else:
            told()

    def _log_blocked(self, ack: FailedAck, error: Exception) -> None:
        now = time.monotonic()
        if now - self._logged_at > _LOG_SECONDS:
            self._logged_at = now
            extra = {"notification": ack.delivered.ids[0], "count": self.blocked}
            _log.warning("acks blocked", extra={**extra, "cause": str(error)})

    def _next_batch(self) -> list[_Acked]:
        batch: list[_Acked] = []
        room = _MAX_IDS_PER_WRITE
        for acked in self._acked:
            room -= len(acked[2].ids)
            if batch and room < 0:
                break
            batch.append(acked)
        return batch


def _receipts(moments: Moments, ahead: float) -> list[Receipt]:
    """Return the receipts; the wall clock is ahead of the monotonic one by `ahead` seconds."""
    kind, none = ReceiptType.DELIVERED, None
    return [
        # Each ack makes one, so do not name the fields here, which would take twice as long.
        Receipt(kind, user, ids, at / 1000, attempt, none, none, pushed and pushed + ahead, edge)
        for at, group in moments
        for user, ids, attempt, pushed, edge in group
    ]


def _release(notes: Iterable[OwedNote], acks: int) -> None:
    for note in notes:
        note.release(acks)


def _release_of(acks: Iterable[FailedAck]) -> None:
    for ack in acks:
        ack.release_notes()
