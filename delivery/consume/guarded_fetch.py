"""Makes aiokafka stop at a batch that it cannot read, instead of raising an error.

aiokafka parses fetched records while `getmany` collects them, one partition after the other. An
error comes after other partitions' records were taken: those would be skipped. So the records of
each fetch are read by a generator of our own. Where it cannot read on, it ends as if nothing more
had been fetched, and reports the partition.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.consumer.fetcher import FetchError, FetchResult
from aiokafka.errors import KafkaError

from delivery.consume.unpack import BUDGET, bound_aiokafka
from delivery.core.batch_records import MOST_HEADERS
from delivery.core.record_batch import UnreadableBatchError

#: Is told which partition cannot be read on, and why. Must pause the partition: aiokafka would
#: otherwise fetch the same batch again at once.
Report = Callable[[TopicPartition, Exception], None]


class FetchingEndedError(KafkaError):  # type: ignore[misc] # aiokafka has no types
    """The task with which aiokafka fetches has ended. Only a new consumer fetches again."""


def guard(consumer: AIOKafkaConsumer, report: Report) -> None:
    """Guard what the started consumer fetches from now on, and bound what it unpacks."""
    bound_aiokafka()
    fetcher = consumer._fetcher  # noqa: SLF001 - aiokafka has no public hook for this
    # The fetcher puts each partition's fetch into this dict, and parses it only in `getmany`.
    guarded = _GuardedResults(report)
    for place, result in fetcher._records.items():  # noqa: SLF001
        guarded[place] = result
    fetcher._records = guarded  # noqa: SLF001


def check_fetching(consumer: AIOKafkaConsumer) -> None:
    """Raise `FetchingEndedError` if aiokafka's fetching task has ended; `getmany` does not say."""
    task = consumer._fetcher.error_future  # noqa: SLF001
    if task.done():
        cause = None if task.cancelled() else task.exception()
        raise FetchingEndedError(repr(cause)) from cause


class _GuardedResults(OrderedDict[TopicPartition, Any]):
    """aiokafka's fetched records by partition. Replaces the reader of each that is added."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self._report = report

    def __setitem__(self, place: TopicPartition, result: Any) -> None:
        if isinstance(result, FetchError):
            # `getmany` would raise it, perhaps after other partitions' records were taken.
            self._report(place, result._error)  # noqa: SLF001
            return
        if type(result) is FetchResult:
            records = result._partition_records  # noqa: SLF001
            guarded = _GuardedRecords(place, records, self._report)
            # aiokafka's reader and its generator refer to each other. They would keep each fetch in
            # memory until a garbage collection, which is rare here.
            records._records_iterator = None  # noqa: SLF001
            result._partition_records = guarded  # noqa: SLF001
        super().__setitem__(place, result)


class _GuardedRecords:
    """Reads one partition's fetch, as aiokafka's `PartitionRecords` does, up to what is malformed.

    Like it, ignores control batches, and reads the records of aborted transactions.
    """

    def __init__(self, place: TopicPartition, records: Any, report: Report) -> None:
        self._place = place
        self._batches = records._records  # noqa: SLF001
        self._batch_end = 0
        self._report = report
        self._records = self._read()
        self.next_fetch_offset: int = records.next_fetch_offset
        """Where the next fetch begins. aiokafka reads it when it has taken records."""

    def __iter__(self) -> Iterator[ConsumerRecord]:
        return self._records

    def _read(self) -> Iterator[ConsumerRecord]:
        try:
            while self._batches.has_next():
                batch = self._batches.next_batch()
                end = self._checked_end(batch)
                if not batch.is_control_batch:
                    if BUDGET.is_spent:
                        return  # The next turn fetches it again.
                    yield from self._read_batch(batch, end)
                self.next_fetch_offset = self._batch_end = end
        except Exception as error:  # noqa: BLE001 - anything may stand in a batch
            BUDGET.end()  # A malformed batch may take 100 ms, and others may follow.
            self._report(self._place, error)

    def _read_batch(self, batch: Any, end: int) -> Iterator[ConsumerRecord]:
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
            if len(headers) > MOST_HEADERS:
                raise UnreadableBatchError(f"a record has {len(headers):,} headers")
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

        The checksum does not cover the base offset. Gaps are rare, and checked elsewhere.
        """
        if not batch.validate_crc():
            raise UnreadableBatchError("its checksum is wrong")
        begin, end = batch.base_offset, int(batch.next_offset)
        expected = self._batch_end or self.next_fetch_offset
        is_next = begin == expected if self._batch_end else begin <= expected < end
        if not is_next or end <= begin:
            raise UnreadableBatchError(f"its offsets are {begin} to {end - 1}, not {expected}")
        return end
