"""Reads the records around unreadable ones, so that aiokafka's errors do not stop the reader."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError, OffsetOutOfRangeError
from pymongo.errors import PyMongoError

from delivery.away import metrics
from delivery.away.logs import Logs
from delivery.consume.fetch_batches import FetchedBatch, batches_from, runs_in
from delivery.consume.fetch_watch import WATCH_SECONDS, FetchWatch, is_lasting
from delivery.consume.stopped_notes import StoppedNotes
from delivery.core.batch_records import LostRecords
from delivery.core.record_batch import UnreadableBatchError

_log = logging.getLogger(__name__)

_CAUSE_CHARACTERS = 300

#: Writes what these records say. Waits for the end of an outage of MongoDB.
Use = Callable[[Sequence[ConsumerRecord]], Awaitable[None]]


class _Stop(NamedTuple):
    """Where a partition stands still, and why."""

    offset: int
    log_end: int
    """The offset at which the log ended when the partition stopped."""
    since: float
    """When the partition stopped, in seconds of the monotonic clock."""
    cause: str


class DamagedPartitions:
    """Owns the partitions that aiokafka cannot read further. They are paused in aiokafka meanwhile.

    The readable records of these partitions are used as usual, and the other records are left out.
    A batch whose bytes have changed since they were written stops its partition, as in delivery,
    because it may hold notifications. The partition goes on once the batch is repaired, an operator
    has let delivery skip it, or its notifications are too old to be told.

    A damaged batch of receipts stops nothing: all receipts up to the log's end are skipped.
    Receipts only end entries early. Without them, the inbox decides when an entry is due.
    """

    def __init__(
        self,
        consumer: Any,
        use: Use,
        notes: StoppedNotes,
        logs: Logs,
        *,
        receipt_topic: str,
        max_age_seconds: float,
    ) -> None:
        """Pass the readable records to `use`."""
        self._consumer = consumer
        self._use = use
        self._notes = notes
        self._logs = logs
        self._receipt_topic = receipt_topic
        self._max_age_seconds = max_age_seconds
        self._watch = FetchWatch(consumer, self.report)
        #: The partitions that are read here. The value is None if the partition does not stand
        #: still.
        self._stops: dict[TopicPartition, _Stop | None] = {}
        self._reported = asyncio.Event()
        metrics.STOPPED.clear()

    def report(self, tp: TopicPartition, error: Exception) -> None:
        """Pause the partition, and continue reading it here. See `guarded_fetch.Report`."""
        self._consumer.pause(tp)
        if tp not in self._stops:
            cause = repr(error)[:_CAUSE_CHARACTERS]
            _log.warning("away batch malformed", extra={**_fields(tp), "cause": cause})
            self._stops[tp] = None
            self._reported.set()

    async def run(self) -> None:
        """Look for partitions that aiokafka cannot read, and read them, until cancelled."""
        while True:
            self._reported.clear()
            for tp in list(self._stops):
                await self._read_on(tp)
            with suppress(TimeoutError):
                async with asyncio.timeout(WATCH_SECONDS):
                    await self._reported.wait()
                    continue
            await self._watch.check(self._positions())

    def _positions(self) -> dict[TopicPartition, int]:
        """Return the next offset of each partition that aiokafka reads."""
        assignment = self._consumer._subscription.subscription.assignment  # noqa: SLF001 - `position` waits
        if assignment is None:  # the group rebalances
            return {}
        watched = self._consumer.assignment() - self._consumer.paused() - self._stops.keys()
        states = {tp: assignment.state_value(tp) for tp in watched}
        return {
            tp: int(state.position)
            for tp, state in states.items()
            if state is not None and state.has_valid_position
        }

    async def _read_on(self, tp: TopicPartition) -> None:
        """Read the next batches. aiokafka continues after them, unless one of them is damaged."""
        try:
            if await self._read(tp):
                self._consumer.resume(tp)
                self._forget(tp)
        except IllegalStateError:  # it belongs to another process now
            self._forget(tp)
        except OffsetOutOfRangeError:  # aiokafka finds the log's beginning
            with suppress(IllegalStateError):
                self._consumer.resume(tp)
            self._forget(tp)
        except (KafkaError, PyMongoError, TimeoutError) as error:
            self._stop(tp, repr(error))
        except Exception as error:  # noqa: BLE001 - no batch may end the reader
            _log.exception("away batch reader failed", extra=_fields(tp))
            self._stop(tp, repr(error))

    async def _read(self, tp: TopicPartition) -> bool:
        """Use the records of one fetch. Return False if the partition must wait at a batch."""
        place = self._place(tp)
        at = int(await self._consumer.position(tp))
        log_end = int((await self._consumer.end_offsets([tp]))[tp])
        client = self._consumer._client  # noqa: SLF001 - aiokafka has no public way to its client
        try:
            async for batch in batches_from(client, tp, at, log_end):
                if not batch.header.is_control:
                    await self._use_batch(tp, batch)
                at = batch.header.end
        except OffsetOutOfRangeError:
            raise
        except (UnreadableBatchError, KafkaError) as error:
            if isinstance(error, KafkaError) and not is_lasting(error):
                raise
            past = await self._past(tp, at, log_end)
            if past <= at:
                self._stop(tp, str(error), at, log_end)
                await self._move(tp, at, place)
                return False
            fields = {**_fields(tp), "offset": at, "end": past, "cause": str(error)}
            _log.warning("away records skipped", extra=fields)
            metrics.IGNORED.labels("unreadable").inc(past - at)
            at = past
        await self._move(tp, at, place)
        return True

    async def _use_batch(self, tp: TopicPartition, batch: FetchedBatch) -> None:
        async for run in runs_in(tp, batch):
            if isinstance(run, LostRecords):
                metrics.IGNORED.labels("unreadable").inc(run.last_offset - run.offset + 1)
            else:
                await self._use(run)

    async def _past(self, tp: TopicPartition, at: int, log_end: int) -> int:
        """Return the offset at which to continue after a damaged batch, or at most `at` to wait."""
        if tp.topic == self._receipt_topic:
            return log_end
        stop, too_old = self._stops.get(tp), 0
        if stop is not None and stop.offset == at:
            # The broker cannot say how old the batch is: for that, it would have to read the
            # damaged batch. So measure how long the partition has stood still.
            is_old = time.monotonic() - stop.since > self._max_age_seconds
            too_old = stop.log_end if is_old else 0
        skip_to = await self._notes.skip_from(tp, at) or 0
        return min(log_end, max(skip_to, too_old))

    def _place(self, tp: TopicPartition) -> tuple[int, object]:
        """Return what changes if the position becomes one of another log, or of another owner."""
        assignment = self._consumer._subscription.subscription.assignment  # noqa: SLF001 - see `_positions`
        return self._logs.replacements(tp), assignment

    async def _move(self, tp: TopicPartition, offset: int, place: tuple[int, object]) -> None:
        """Continue at this offset, unless somebody else has moved the position since `place`.

        `Logs` moves it to the beginning of a new log. After a rebalance, it is the committed one.
        """
        if self._place(tp) != place:
            return
        self._consumer.seek(tp, offset)
        if not (offsets := self._logs.noted({tp: offset})):
            return
        with suppress(KafkaError):  # then the records are read again, which is safe
            await self._consumer.commit(offsets)

    def _stop(self, tp: TopicPartition, cause: str, offset: int = -1, log_end: int = -1) -> None:
        """Note that the partition stands still. Without `offset`, the place is unknown."""
        stop = self._stops.get(tp)
        if stop is None or 0 <= offset != stop.offset:
            stop = _Stop(offset, log_end, time.monotonic(), "")
        if stop.cause != cause:
            _log.error("away partition stopped", extra={**_fields(tp), "cause": cause})
            metrics.STOPPED.labels(*tp).set(1)
        self._stops[tp] = stop._replace(cause=cause)

    def _forget(self, tp: TopicPartition) -> None:
        if self._stops.pop(tp) is not None:
            metrics.STOPPED.remove(*tp)
            _log.warning("away partition resumed", extra=_fields(tp))


def _fields(tp: TopicPartition) -> dict[str, Any]:
    return {"topic": tp.topic, "partition": tp.partition}
