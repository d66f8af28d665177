"""The readable records of a malformed batch, in runs that are fed together."""

import time
from collections import deque
from collections.abc import Iterator

from aiokafka import ConsumerRecord, TopicPartition

from delivery.core.batch_records import LostRecords, PlainRecord
from delivery.core.record_batch import BatchHeader

_MOST_RECORDS, _SLICE_SECONDS = 100, 0.01


def runs_of(
    tp: TopicPartition, header: BatchHeader, items: Iterator[PlainRecord | LostRecords]
) -> Iterator[deque[ConsumerRecord] | LostRecords]:
    """Yield what a batch holds, with the readable records in runs.

    Reading a run takes about 10 ms at most, so that other tasks can run before the next one.
    """
    run: deque[ConsumerRecord] = deque()
    end = time.monotonic() + _SLICE_SECONDS
    kind = int(header.has_log_append_time)
    for item in items:
        if isinstance(item, LostRecords):
            if run:
                yield run
                run = deque()
            yield item
            continue
        key, value = item.key, item.value
        sizes = (-1 if part is None else len(part) for part in (key, value))
        run.append(
            ConsumerRecord(
                *tp, item.offset, item.timestamp, kind, key, value, None, *sizes, item.headers
            )
        )
        if len(run) >= _MOST_RECORDS or time.monotonic() >= end:
            yield run
            run = deque()
            end = time.monotonic() + _SLICE_SECONDS
    if run:
        yield run
