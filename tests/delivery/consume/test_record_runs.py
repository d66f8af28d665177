"""Reading the records of a malformed batch in short runs."""

import time

from aiokafka import TopicPartition

from delivery.consume.record_runs import runs_of
from delivery.core.batch_records import records_in
from delivery.core.record_batch import HEADER_BYTES, BatchHeader
from tests.fuzz.batches import RawBatch, RawRecord


def test_records_that_take_long_to_read_end_a_run() -> None:
    record = RawRecord(b"ana", b"{}", header_count=1_000, tail=b"\2a\2b" * 1_000)
    batch = RawBatch([record] * 200).encode()
    header = BatchHeader.read(batch)
    runs = runs_of(
        TopicPartition("notifications", 0),
        header,
        records_in(header, memoryview(batch)[HEADER_BYTES:]),
    )
    count, seconds = 0, [0.0]
    began = time.thread_time()
    for run in runs:
        ended = time.thread_time()
        seconds.append(ended - began)
        began = ended
        count += len(run)
    assert count == 200
    # With only the limit on records, a run would be half of the batch, and would take 0.2 s.
    assert max(seconds) < sum(seconds) / 3
