"""Reads the partitions that aiokafka cannot read: record by record, or once they are repaired."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError, OffsetOutOfRangeError
from pymongo.errors import PyMongoError

from delivery.consume.feeder import Feeder, is_fed
from delivery.consume.fetch_batches import FetchedBatch, batches_from, runs_in
from delivery.consume.fetch_watch import WATCH_SECONDS, FetchWatch, is_lasting
from delivery.consume.stopped_notes import Stopped, StoppedNotes
from delivery.core.batch_records import LostRecords
from delivery.core.record_batch import UnreadableBatchError
from delivery.push.owner import Owner
from delivery.push.partition import Partition

_log = logging.getLogger(__name__)

_CHECK_SECONDS = 2.0
_RETRY_SECONDS = 1.0
_NO_ROOM_SECONDS = 0.02
#: How long the records of a run are fed in one turn of the event loop.
_SLICE_SECONDS = 0.01
_CAUSE_CHARACTERS = 500


class _Replaced(Exception):  # noqa: N818 - no error: it ends one check of a partition
    """The partition belongs to another instance, is suspended, or is to be checked again."""


class TroubledPartitions:
    """Owns the partitions that aiokafka cannot read further. They are paused in aiokafka meanwhile.

    Fetches and reads the batches of these partitions. A record that can be read is fed as usual,
    and any other becomes a dead letter. If the next offset is out of the log's range, `LogWatch`
    decides where the partition goes on. A batch whose bytes have changed since they were written,
    or that cannot be unpacked, stops its partition: it may hold notifications, so no offset may
    pass it. The batch is read again every two seconds, because its broker may be repaired or
    replaced, or an operator may skip what cannot be read. aiokafka takes over again after the
    batches that were fetched here.
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        owner: Owner,
        feeder: Feeder,
        notes: StoppedNotes,
        until_room: Callable[[], Awaitable[None]],
        check_now: asyncio.Event,
    ) -> None:
        self._consumer = consumer
        self._owner = owner
        self._partitions = owner.partitions
        self._feeder = feeder
        self._notes = notes
        self._until_room = until_room
        self._check_now = check_now
        self._troubled: set[TopicPartition] = set()
        self._new: asyncio.Queue[TopicPartition] = asyncio.Queue()  # at most one per partition
        #: Only one batch is unpacked at a time, because it may be large.
        self._unpacking = asyncio.Lock()
        self.stopped: dict[int, Stopped] = {}
        """The partitions that stand still, by number."""

    def __contains__(self, tp: TopicPartition) -> bool:
        return tp in self._troubled

    @property
    def numbers(self) -> frozenset[int]:
        """The numbers of the troubled partitions."""
        return frozenset(tp.partition for tp in self._troubled)

    def report(self, tp: TopicPartition, error: Exception) -> None:
        """Pause the partition, and continue reading it here. See `guarded_fetch.Report`."""
        self._consumer.pause(tp)
        is_out_of_range = isinstance(error, OffsetOutOfRangeError)
        if is_out_of_range and (partition := self._partitions.get(tp.partition)) is not None:
            self._lose_position(partition)
        if tp in self._troubled:
            return
        self._troubled.add(tp)
        self._new.put_nowait(tp)
        if not is_out_of_range:
            cause = repr(error)[:_CAUSE_CHARACTERS]
            _log.warning("batch malformed", extra={"partition": tp.partition, "cause": cause})

    async def run(self) -> None:
        """Read troubled partitions until cancelled, each in a task of its own."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch())
            while True:
                tp = await self._new.get()
                tasks.create_task(self._read(tp))

    async def _watch(self) -> None:
        """Report the partitions that receive nothing although their logs continue."""
        watch = FetchWatch(self._consumer, self.report)
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            watched = self._consumer.assignment() - self._consumer.paused() - self._troubled
            partitions = {tp: self._partitions.get(tp.partition) for tp in watched}
            await watch.check(
                {
                    tp: partition.tracker.next_to_receive
                    for tp, partition in partitions.items()
                    if partition is not None and is_fed(partition)
                }
            )

    @property
    def _client(self) -> Any:
        return self._consumer._client  # noqa: SLF001 - see `raw_fetch`

    async def _read(self, tp: TopicPartition) -> None:
        try:
            while tp in self._consumer.assignment():
                partition = self._partitions.get(tp.partition)
                if partition is None or not is_fed(partition):
                    await asyncio.sleep(_NO_ROOM_SECONDS)
                elif await self._has_read_on(tp, partition):
                    break
        finally:
            self._troubled.discard(tp)
            self.stopped.pop(tp.partition, None)

    async def _has_read_on(self, tp: TopicPartition, partition: Partition) -> bool:
        """Read the next batches, or wait; return whether aiokafka has taken over again."""
        try:
            self._hand_back(tp, partition, await self._read_or_stand_still(tp, partition))
        except (_Replaced, IllegalStateError):
            await asyncio.sleep(_NO_ROOM_SECONDS)
        except (KafkaError, TimeoutError) as error:
            _log.warning("fetch failed", extra={"cause": repr(error)})
            await asyncio.sleep(_RETRY_SECONDS)
        except Exception:  # noqa: BLE001 - no batch may end the process
            _log.exception("batch reader failed", extra={"partition": tp.partition})
            await asyncio.sleep(_CHECK_SECONDS)
        else:
            return True
        return False

    async def _read_or_stand_still(self, tp: TopicPartition, partition: Partition) -> int:
        """Return where aiokafka may continue. Raises an error if the batches must be read again."""
        try:
            return await self._read_batches(tp, partition)
        except OffsetOutOfRangeError:
            self._lose_position(partition)
            raise _Replaced from None
        except UnreadableBatchError as error:
            return await self._stand_still(tp, partition, str(error))
        except KafkaError as error:
            if is_lasting(error):
                return await self._stand_still(tp, partition, repr(error))
            raise

    def _hand_back(self, tp: TopicPartition, partition: Partition, offset: int) -> None:
        """Let aiokafka fetch from this offset on. Raises `_Replaced` or `IllegalStateError`."""
        if not is_fed(partition):
            raise _Replaced
        self._consumer.seek(tp, max(offset, partition.tracker.next_to_receive))
        self._troubled.discard(tp)
        self._consumer.resume(tp)

    def _lose_position(self, partition: Partition) -> None:
        """Take nothing in until `LogWatch` has found the offset at which to continue."""
        partition.is_position_lost = True
        self._check_now.set()

    # ── standing still ─────────────────────────────────────────────────────────────────────

    async def _stand_still(self, tp: TopicPartition, partition: Partition, reason: str) -> int:
        """Skip what an operator has chosen to skip, or wait and raise `_Replaced` to check again.

        Returns the offset after what was skipped.
        """
        stopped = Stopped(partition.tracker.next_to_receive, reason)
        if self.stopped.get(tp.partition) != stopped:
            self.stopped[tp.partition] = stopped
            fields = {"partition": tp.partition, "offset": stopped.offset, "reason": reason}
            _log.error("partition stopped", extra=fields)
        try:
            skip_to = await self._notes.write(tp, stopped)
        except PyMongoError as error:
            _log.warning("stopped partition not noted", extra={"cause": repr(error)})
            skip_to = None
        if skip_to is not None:
            # An offset beyond the log's end would pass records that are yet to come.
            ends = await self._consumer.end_offsets([tp])
            end = min(skip_to, int(ends[tp]))
            if end > stopped.offset:
                await self._skip(tp, partition, stopped, end)
                return end
        await asyncio.sleep(_CHECK_SECONDS)
        raise _Replaced

    async def _skip(
        self, tp: TopicPartition, partition: Partition, stopped: Stopped, end: int
    ) -> None:
        """Send one dead letter for the records up to `end`, and let all users catch up."""
        reason = f"skipped by an operator: {stopped.reason}"
        lost = LostRecords(stopped.offset, end - 1, reason, 0, int(time.time() * 1000))
        await self._until(tp, partition, partial(self._is_taken, tp, partition, lost))
        fields = {"partition": tp.partition, "offset": stopped.offset, "end": end}
        _log.warning("records skipped", extra=fields)
        # The skipped records may be any user's. The inbox still owes their notifications.
        partition.to_start_over.update(partition.recipients.values())
        are_left = True
        while are_left:
            are_left = self._owner.connect_some()
            await asyncio.sleep(0)

    async def _note_progress(self, tp: TopicPartition, offset: int) -> None:
        """Remove the note of a stopped partition once its reading has passed the note's offset."""
        stopped = self.stopped.get(tp.partition)
        if stopped is None or offset <= stopped.offset:
            return
        del self.stopped[tp.partition]
        _log.warning("partition resumed", extra={"partition": tp.partition, "offset": offset})
        try:
            await self._notes.remove(tp)
        except PyMongoError as error:
            _log.warning("stopped partition not noted", extra={"cause": repr(error)})

    # ── batches ────────────────────────────────────────────────────────────────────────────

    async def _read_batches(self, tp: TopicPartition, partition: Partition) -> int:
        """Fetch and feed the next batches, and return the offset after them.

        Raises `UnreadableBatchError` at the first one that cannot be read.
        """
        begin = expected = partition.tracker.next_to_receive
        end = int((await self._consumer.end_offsets([tp]))[tp])
        async for batch in batches_from(self._client, tp, begin, end):
            if not batch.header.is_control:
                await self._read_batch(tp, partition, batch)
                await self._note_progress(tp, partition.tracker.next_to_receive)
            expected = batch.header.end
        return expected

    async def _read_batch(
        self, tp: TopicPartition, partition: Partition, batch: FetchedBatch
    ) -> None:
        async with self._unpacking:
            async for run in runs_in(tp, batch):
                await self._until(tp, partition, partial(self._is_taken, tp, partition, run))

    def _is_taken(
        self, tp: TopicPartition, partition: Partition, run: deque[ConsumerRecord] | LostRecords
    ) -> bool:
        """Feed or dead-letter what there is room and time for; return whether nothing is left."""
        if isinstance(run, LostRecords):
            return self._feeder.dead_letter(partition, run, tp.topic)
        self._feeder.feed(partition, run, time.monotonic() + _SLICE_SECONDS)
        return not run

    async def _until(
        self, tp: TopicPartition, partition: Partition, is_done: Callable[[], bool]
    ) -> None:
        """Call the function until it returns True. Raises `_Replaced`."""
        await asyncio.sleep(0)
        while True:
            await self._until_room()
            if self._partitions.get(tp.partition) is not partition or not is_fed(partition):
                raise _Replaced
            began = time.monotonic()
            if is_done():
                return
            is_slice_over = time.monotonic() - began >= _SLICE_SECONDS
            await asyncio.sleep(0 if is_slice_over else _NO_ROOM_SECONDS)
