"""Fetched batches are read in bounded turns, and nothing is lost between two turns."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from itertools import chain
from types import SimpleNamespace as Namespace
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import (
    FetchError,
    FetchResult,
    OffsetResetStrategy,
    PartitionRecords,
)
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError

from delivery.consume.guarded_fetch import bound_reading, guard
from tests.delivery.loop_watched import loop_watched
from tests.fuzz.batches import RawBatch, RawRecord

_MOST_SECONDS = 0.06
_EMPTY_HEADER = b"\0\1"


class _State:
    """Stands in for aiokafka's state of one partition."""

    paused = False

    def __init__(self) -> None:
        self.position = 0

    def consumed_to(self, position: int) -> None:
        self.position = position


class _Fetches:
    """Fetches, each of one partition, as aiokafka keeps and reads them."""

    def __init__(self) -> None:
        bound_reading()
        self.reports: dict[int, Exception] = {}
        self.begun: list[tuple[list[TopicPartition], int]] = []
        self.assigned: set[TopicPartition] = set()
        self._results = Namespace(
            _records={},
            _fetch_waiters=(),
            _notify=None,
            request_offset_reset=lambda *reset: self.begun.append(reset),
        )
        consumer = Namespace(_fetcher=self._results, assignment=lambda: self.assigned)
        guard(cast(AIOKafkaConsumer, consumer), self._report)

    def _report(self, tp: TopicPartition, error: Exception) -> None:
        self.reports[tp.partition] = error

    def add(self, *batches: bytes) -> None:
        """Add a fetch of these batches, for one more partition."""
        tp = TopicPartition("notifications", len(self._results._records))
        state = _State()
        assignment = Namespace(active=True, state_value=lambda _place: state)
        batches_in = fetcher.MemoryRecords(b"".join(batches))
        records = PartitionRecords(tp, batches_in, [], 0, None, None, True, 0)
        self._results._records[tp] = FetchResult(
            tp, assignment=assignment, partition_records=records, backoff=0
        )

    def fail(self, tp: TopicPartition, error: Exception) -> None:
        """Add the error of a fetch, as aiokafka does."""
        self._results._records[tp] = FetchError(error=error, backoff=0)

    def take(self, most: int = 100_000) -> list[tuple[int, int]]:
        """Take records as `getmany` does, and return their partitions and offsets."""
        taken = []
        for tp, result in list(self._results._records.items()):
            taken += [(tp.partition, record.offset) for record in result.getall(most)]
            if not result.has_more():
                del self._results._records[tp]
        return taken

    async def take_all(self) -> Sequence[list[tuple[int, int]]]:
        """Take all records in as many turns as necessary, and return the records of each turn."""
        turns = []
        async with asyncio.timeout(10):
            while self._results._records:
                await asyncio.sleep(0)
                turns.append(self.take())
            await asyncio.sleep(0)
        return turns


@pytest.fixture
def fetches() -> Iterator[_Fetches]:
    """Yield an empty `_Fetches`. Restore aiokafka afterwards."""
    before = fetcher.MemoryRecords
    yield _Fetches()
    fetcher.MemoryRecords = before


def _with_headers(count: int, header: bytes = _EMPTY_HEADER, **more: Any) -> RawRecord:
    return RawRecord(b"ana", b"{}", header_count=count, tail=header * count, **more)


async def test_large_batches_of_several_partitions_are_read_in_several_turns(
    fetches: _Fetches,
) -> None:
    batch = RawBatch([RawRecord(b"ana", b"x" * 50_000)] * 20)
    for _ in range(8):
        fetches.add(batch.encode())
    turns = await fetches.take_all()
    assert max(map(len, turns)) <= 3 * 20
    assert sorted(chain(*turns)) == [(tp, at) for tp in range(8) for at in range(20)]
    assert not fetches.reports


async def test_a_fetch_continues_where_the_last_turn_ended(fetches: _Fetches) -> None:
    batch = RawBatch([RawRecord(b"ana", b"x")] * 10)
    fetches.add(batch.encode(), batch.but(base_offset=10).encode())
    assert [fetches.take(7) for _ in range(3)] == [
        [(0, at) for at in offsets] for offsets in (range(7), range(7, 14), range(14, 20))
    ]
    assert not fetches.reports


@pytest.mark.parametrize("codec", [0, 4])
@pytest.mark.parametrize("length", [None, 10])
@pytest.mark.parametrize("header", [_EMPTY_HEADER, b"\0\0", b"\2a\2b"])
async def test_a_batch_with_very_many_headers_is_reported_before_they_are_parsed(
    fetches: _Fetches, header: bytes, length: int | None, codec: int
) -> None:
    count = 1_000_000 // len(header)
    fetches.add(RawBatch([_with_headers(count, header, length=length)], codec).encode())
    began = time.thread_time()
    assert fetches.take() == []
    assert time.thread_time() - began < _MOST_SECONDS
    assert "headers" in str(fetches.reports[0])


@pytest.mark.parametrize("codec", [0, 4])
async def test_many_records_with_many_headers_are_read_in_several_turns(
    fetches: _Fetches, codec: int
) -> None:
    header = b"\6abc\6def"
    for _ in range(8):
        fetches.add(RawBatch([_with_headers(900, header)] * 120, codec).encode())
    async with loop_watched() as held:
        turns = await fetches.take_all()
    assert sum(map(len, turns)) == 8 * 120
    assert held() < _MOST_SECONDS
    assert not fetches.reports


def test_an_error_of_a_fetch_is_reported_and_not_raised(fetches: _Fetches) -> None:
    tp = TopicPartition("notifications", 0)
    fetches.fail(tp, error := OffsetOutOfRangeError({tp: 7}))
    assert fetches.reports == {0: error}
    assert fetches.take() == []
    assert not fetches.begun


def test_a_partition_that_was_never_committed_begins_before_its_tracker_is_loaded(
    fetches: _Fetches,
) -> None:
    kept, lost = (TopicPartition("notifications", number) for number in range(2))
    fetches.assigned = {kept}
    for tp in (kept, lost):
        fetches.fail(tp, NoOffsetForPartitionError(tp))
    assert fetches.begun == [([kept], OffsetResetStrategy.EARLIEST)]
    assert not fetches.reports
