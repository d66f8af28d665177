"""Makes aiokafka stop at a batch that it cannot read, instead of raising an error.

aiokafka parses fetched records while `getmany` collects them, one partition after the other. If it
raises an error, the records that it has taken from other partitions are lost, and the next fetch
skips them. So a generator of our own reads the records of each fetch. When it cannot read further,
it ends as if nothing more had been fetched, and reports the partition. When its turn of the event
loop gets too long, it pauses.
"""

import asyncio
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.consumer.fetcher import FetchError, FetchResult, OffsetResetStrategy
from aiokafka.errors import KafkaError, NoOffsetForPartitionError

from delivery.consume.kept_batches import KeptBatches, keep_batches
from delivery.consume.unpack import BUDGET, bound_aiokafka
from delivery.core.batch_records import MOST_HEADERS
from delivery.core.record_batch import UnreadableBatchError

#: If a record has more headers than the first number, they are its costliest part. Each header then
#: costs the budget the second number of bytes.
_MANY_HEADERS, _HEADER_BYTES = 20, 16

#: Receives the partition that cannot be read further, and the reason. Must pause the partition:
#: aiokafka would otherwise fetch the same batch again at once.
Report = Callable[[TopicPartition, Exception], None]


class FetchingEndedError(KafkaError):  # type: ignore[misc] # aiokafka has no types
    """The task with which aiokafka fetches has ended. Only a new consumer fetches again."""


def bound_reading() -> None:
    """Bound what this process reads of a batch. Call it before a consumer starts."""
    bound_aiokafka()
    keep_batches()


def guard(consumer: AIOKafkaConsumer, report: Report) -> None:
    """Guard what the started consumer returns from now on. It needs `bound_reading`."""
    fetcher = consumer._fetcher  # noqa: SLF001 - aiokafka has no public hook for this
    # The fetcher puts each partition's fetch into this dict, and parses it only in `getmany`.
    guarded = _GuardedResults(report, partial(_wake, fetcher), partial(_begin, consumer))
    for tp, result in list(fetcher._records.items()):  # noqa: SLF001
        guarded[tp] = result
    fetcher._records = guarded  # noqa: SLF001


def check_fetching(consumer: AIOKafkaConsumer) -> None:
    """Raise `FetchingEndedError` if aiokafka's fetching task has ended; `getmany` does not."""
    task = consumer._fetcher.error_future  # noqa: SLF001
    if task.done():
        cause = None if task.cancelled() else task.exception()
        raise FetchingEndedError(repr(cause)) from cause


def _wake(fetcher: Any) -> None:
    """Let `getmany` look again for the records that it left for a later turn of the event loop."""
    for waiter in fetcher._fetch_waiters:  # noqa: SLF001
        fetcher._notify(waiter)  # noqa: SLF001


def _begin(consumer: AIOKafkaConsumer, tp: TopicPartition) -> None:
    """Fetch from the log's beginning, until `RebalanceListener` seeks the partition."""
    if tp in consumer.assignment():
        fetcher: Any = consumer._fetcher  # noqa: SLF001
        fetcher.request_offset_reset([tp], OffsetResetStrategy.EARLIEST)


class _GuardedResults(OrderedDict[TopicPartition, Any]):
    """aiokafka's fetched records by partition. Replaces the reader of each fetch that is added."""

    def __init__(
        self,
        report: Report,
        wake: Callable[[], None],
        begin: Callable[[TopicPartition], None],
    ) -> None:
        super().__init__()
        self._report = report
        self._wake = wake
        self._begin = begin

    def __setitem__(self, tp: TopicPartition, result: Any) -> None:
        if isinstance(result, FetchError):
            # Do not keep the error: `getmany` would raise it, perhaps after it had taken records of
            # other partitions.
            error = result._error  # noqa: SLF001
            if isinstance(error, NoOffsetForPartitionError):
                # Nothing was ever committed, and the tracker is not loaded yet. What is fetched
                # before it is loaded is dropped. Without a position, aiokafka would ask Kafka for
                # one again and again.
                self._begin(tp)
            else:
                self._report(tp, error)
            return
        if type(result) is FetchResult:
            records = result._partition_records  # noqa: SLF001
            guarded = _GuardedRecords(tp, records, self._report, self._wake)
            # aiokafka's reader and its generator refer to each other. They would keep each fetch in
            # memory until a garbage collection, which is rare here.
            records._records_iterator = None  # noqa: SLF001
            result._partition_records = guarded  # noqa: SLF001
            result.getall = partial(_taken_of, weakref.proxy(result), guarded)
        super().__setitem__(tp, result)


def _taken_of(
    result: Any, records: "_GuardedRecords", max_records: int | None = None
) -> list[ConsumerRecord]:
    """Take records from a fetch. Replaces `FetchResult.getall`, which cannot pause."""
    if not result.check_assignment(result._topic_partition):  # noqa: SLF001
        return []
    taken = records.take(max_records)
    result._update_position()  # noqa: SLF001
    if records.is_read:
        result._partition_records = None  # noqa: SLF001
    return taken


class _GuardedRecords:
    """Reads one partition's fetch, as aiokafka's `PartitionRecords` does, up to the first fault.

    Like `PartitionRecords`, ignores control batches, and reads the records of aborted transactions.
    """

    def __init__(
        self, tp: TopicPartition, records: Any, report: Report, wake: Callable[[], None]
    ) -> None:
        self._place = tp
        self._batches: Any = records._records  # noqa: SLF001
        self._batch_end = 0
        self._report = report
        self._wake = wake
        self._records = self._read()
        self.is_read = False
        """Whether no more records will come."""
        self.next_fetch_offset: int = records.next_fetch_offset
        """Where the next fetch begins. aiokafka reads this attribute after it has taken records."""

    def take(self, most: int | None) -> list[ConsumerRecord]:
        """Return at most `most` records; fewer if the budget of this turn is spent."""
        # The iterator ends at the first None, and at the generator's end.
        return list(islice(iter(partial(next, self._records, None), None), most))

    def _read(self) -> Iterator[ConsumerRecord | None]:
        """Yield the records, and None each time other tasks should run before the next ones."""
        check = self._batches.check if type(self._batches) is KeptBatches else None
        try:
            while self._batches.has_next():
                while BUDGET.is_spent:
                    yield None
                batch = self._batches.next_batch()
                end = self._checked_end(batch)
                if not batch.is_control_batch:
                    if check is not None:
                        check(batch)
                    yield from self._read_batch(batch, end)
                self.next_fetch_offset = self._batch_end = end
        except Exception as error:  # noqa: BLE001 - a batch may contain anything
            # The attempt may have spent the budget, so that other partitions wait although nothing
            # was taken here. Let `getmany` look at those partitions again.
            asyncio.get_running_loop().call_soon(self._wake)
            self._report(self._place, error)
        self.is_read = True

    def _read_batch(self, batch: Any, end: int) -> Iterator[ConsumerRecord | None]:
        topic, partition = self._place
        earlier, begin = batch.base_offset - 1, self.next_fetch_offset
        for record in batch:
            offset = record.offset
            # A producer can write any offset into a record of an uncompressed batch. One that is
            # too high would make delivery skip all records up to it.
            if not earlier < offset < end:
                raise UnreadableBatchError(f"offset {offset} follows {earlier}, below {end}")
            earlier = offset
            if offset < begin:
                continue  # The fetch began in the middle of this batch.
            headers, key, value = record.headers, record.key, record.value
            if len(headers) > _MANY_HEADERS:
                if len(headers) > MOST_HEADERS:
                    raise UnreadableBatchError(f"a record has {len(headers):,} headers")
                BUDGET.spend(len(headers) * _HEADER_BYTES)
                if BUDGET.is_spent:
                    yield None
            self.next_fetch_offset = offset + 1
            yield ConsumerRecord(
                topic,
                partition,
                offset,
                record.timestamp,
                record.timestamp_type,
                key,
                value,
                None,
                -1 if key is None else len(key),
                -1 if value is None else len(value),
                tuple(headers),
            )

    def _checked_end(self, batch: Any) -> int:
        """Return the offset after the batch. Raises `UnreadableBatchError`.

        The checksum does not cover the base offset, so a gap between two batches is an error here.
        Gaps are rare: the slower reader that takes over checks each of them (`check_gap`).
        """
        if not batch.validate_crc():
            raise UnreadableBatchError("its checksum is wrong")
        begin, end = batch.base_offset, int(batch.next_offset)
        expected = self._batch_end or self.next_fetch_offset
        is_next = begin == expected if self._batch_end else begin <= expected < end
        if not is_next or end <= begin:
            raise UnreadableBatchError(f"its offsets are {begin} to {end - 1}, not {expected}")
        return end
