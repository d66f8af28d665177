"""Checks the offsets of a batch that does not begin where the batch before it ends.

Compaction and transactions leave gaps in the offsets. A flipped bit in a base offset looks like
such a gap, because the checksum does not cover that field. If delivery trusted the wrong offset, it
would skip all records up to it.
"""

from collections.abc import Iterator
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from delivery.consume.raw_fetch import fetch_raw
from delivery.core.record_batch import BatchHeader, UnreadableBatchError


async def check_gap(client: Any, tp: TopicPartition, expected: int, header: BatchHeader) -> None:
    """Check a batch that was read at the place where the offset `expected` should come next.

    Raises `UnreadableBatchError`, `KafkaError` or `TimeoutError`.
    """
    if header.base_offset == expected:
        return
    problem = f"its first offset is {header.base_offset}, and {expected} was expected"
    if header.base_offset < expected:
        raise UnreadableBatchError(problem)
    try:
        # The broker looks up an offset in its own index. If the offset in this header is wrong, the
        # broker answers with another batch.
        (found, *_) = _headers(await fetch_raw(client, tp, header.base_offset)) or (None,)
    except OffsetOutOfRangeError:
        raise UnreadableBatchError(f"{problem}; the log ends before that") from None
    if found != header:
        raise UnreadableBatchError(f"{problem}; another batch has these offsets")
    if expected > 0 and not _is_in_order(await _around(client, tp, expected), expected, header):
        raise UnreadableBatchError(f"{problem}; a batch near it has wrong offsets")


async def _around(client: Any, tp: TopicPartition, expected: int) -> list[BatchHeader]:
    """Return the headers of the batches around the gap; none if retention has deleted the first."""
    try:
        return _headers(await fetch_raw(client, tp, expected - 1))
    except OffsetOutOfRangeError:
        return []


def _is_in_order(around: list[BatchHeader], expected: int, header: BatchHeader) -> bool:
    """Return whether `header` is the first batch after the gap, and all other batches follow it."""
    before = [number for number, one in enumerate(around) if one.end == expected]
    if not before:
        return True  # The gap begins before `expected`, so there is nothing to compare.
    (this, *rest) = around[before[0] + 1 :] or (header,)
    return this == header and all(one.base_offset >= header.end for one in rest)


def _headers(data: bytes) -> list[BatchHeader]:
    return list(_walk(data))


def _walk(data: bytes) -> Iterator[BatchHeader]:
    position = 0
    while position < len(data):
        try:
            header = BatchHeader.read(memoryview(data)[position:])
        except UnreadableBatchError:
            return
        yield header
        position += header.size
