"""Fetches and reads batches without aiokafka's reader, up to the first that cannot be read."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.record.util import calc_crc32c

from delivery.consume.check_gap import check_gap
from delivery.consume.raw_fetch import fetch_raw
from delivery.consume.record_runs import runs_of
from delivery.consume.unpack import unpack
from delivery.core.batch_records import LostRecords, records_in
from delivery.core.record_batch import (
    CHECKED_FROM,
    HEADER_BYTES,
    BatchHeader,
    UnreadableBatchError,
    is_cut,
)

#: At most this much of a batch is unpacked.
_LARGEST_UNPACKED_BYTES = 128 * 1024 * 1024


class FetchedBatch(NamedTuple):
    """A batch whose header and checksum have been checked."""

    header: BatchHeader
    data: bytes
    """The whole batch, with its header."""


async def batches_from(
    client: Any, tp: TopicPartition, begin: int, log_end: int
) -> AsyncIterator[FetchedBatch]:
    """Yield the batches of one fetch from the offset `begin` on.

    Raises `UnreadableBatchError` at the first one that cannot be read, and the errors of
    `fetch_raw`.
    """
    data = await fetch_raw(client, tp, begin)
    if not data and begin < log_end:
        # Do not name the end of the log, which grows: see `BatchHeader.check`.
        raise UnreadableBatchError("the broker returns nothing, though the log does not end here")
    at, expected = 0, begin
    while at < len(data):
        view = memoryview(data)[at:]
        if at > 0 and is_cut(view):
            break  # only its beginning was fetched
        header = BatchHeader.read(view)
        batch = bytes(view[: header.size])
        header.check(batch, calc_crc32c(batch[CHECKED_FROM:]), expected)
        if at > 0 or header.base_offset > expected:
            await check_gap(client, tp, expected, header)
        yield FetchedBatch(header, batch)
        expected = header.end
        at += header.size


async def runs_in(
    tp: TopicPartition, batch: FetchedBatch
) -> AsyncIterator[deque[ConsumerRecord] | LostRecords]:
    """Yield what the batch holds, in order: runs of readable records, and what is lost.

    Unpacks at most 128 MiB, in a thread; records beyond that are lost. Raises
    `UnreadableBatchError` where the batch cannot be unpacked for any other reason, because a repair
    may provide the rest.
    """
    header = batch.header
    data, problem, is_too_large = await asyncio.to_thread(
        unpack, header.codec, batch.data[HEADER_BYTES:], _LARGEST_UNPACKED_BYTES
    )
    for run in runs_of(tp, header, records_in(header, data, missing=problem)):
        if isinstance(run, LostRecords) and run.is_missing and not is_too_large:
            raise UnreadableBatchError(problem)
        yield run
