"""The reader of malformed batches yields each record that can be read, and reports the others."""

from dataclasses import replace

import pytest
from aiokafka.record.util import calc_crc32c
from hypothesis import given
from hypothesis import strategies as st

from delivery.core.batch_records import LostRecords, PlainRecord, records_in
from delivery.core.record_batch import (
    CHECKED_FROM,
    HEADER_BYTES,
    BatchHeader,
    UnreadableBatchError,
    is_cut,
)
from tests.fuzz.batches import RawBatch, RawRecord

_GOOD = RawRecord(b"ana", b"{}", [(b"ce_type", b"x"), (b"y", None)])


def _read(batch: RawBatch, *, length: int | None = None, missing: str = "") -> list[object]:
    data = batch.but(base_offset=100).encode()
    header = BatchHeader.read(data)
    records = memoryview(data)[HEADER_BYTES:]
    return list(records_in(header, records[:length], missing=missing))


def _offsets(items: list[object]) -> list[tuple[int, int]]:
    ranges = []
    for item in items:
        assert isinstance(item, PlainRecord | LostRecords)
        last = item.last_offset if isinstance(item, LostRecords) else item.offset
        ranges.append((item.offset, last))
    return ranges


@pytest.mark.parametrize("length", [1, HEADER_BYTES - 1, HEADER_BYTES, -1])
def test_a_batch_that_was_fetched_in_part_is_not_taken_for_a_damaged_one(length: int) -> None:
    batch = RawBatch([_GOOD]).encode()
    assert is_cut(batch[:length])
    assert not is_cut(batch)


def test_good_records_are_read_unchanged() -> None:
    batch = RawBatch([_GOOD, replace(_GOOD, key=None, time_delta=5)], first_timestamp=7)
    headers = (("ce_type", b"x"), ("y", None))
    assert _read(batch) == [
        PlainRecord(100, 7, b"ana", b"{}", headers),
        PlainRecord(101, 12, None, b"{}", headers),
    ]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (replace(_GOOD, headers=[(b"\xff", b"x")]), "not UTF-8"),
        (replace(_GOOD, headers=[(None, b"x")]), "no name"),
        (replace(_GOOD, header_count=-1), "-1 headers"),
        (replace(_GOOD, header_count=9), "does not end"),
        (replace(_GOOD, key_length=2**40), "key should have"),
        (replace(_GOOD, value_length=2**62), "value should have"),
        (replace(_GOOD, tail=b"1234"), "4 bytes follow"),
        (replace(_GOOD, value=b"x" * 5_000_000), "5,000,000 bytes"),
        (replace(_GOOD, headers=[(b"", None)] * 1_001), "1,001 headers"),
    ],
)
def test_a_malformed_record_is_lost_alone(bad: RawRecord, reason: str) -> None:
    before, lost, after = _read(RawBatch([_GOOD, bad, _GOOD]))
    assert isinstance(before, PlainRecord)
    assert isinstance(after, PlainRecord)
    assert isinstance(lost, LostRecords)
    assert reason in lost.reason
    assert lost.key in (b"ana", None)
    assert _offsets([before, lost, after]) == [(100, 100), (101, 101), (102, 102)]


def test_records_behind_a_broken_length_are_lost_together() -> None:
    items = _read(RawBatch([_GOOD, replace(_GOOD, length=-5), _GOOD, _GOOD]))
    assert _offsets(items) == [(100, 100), (101, 103)]


def test_offsets_that_do_not_rise_are_replaced_by_the_records_places() -> None:
    deltas = (5_000, 0, -7)
    batch = RawBatch([replace(_GOOD, offset_delta=delta) for delta in deltas])
    assert _offsets(_read(batch)) == [(100, 100), (101, 101), (102, 102)]


def test_offsets_of_a_compacted_batch_are_kept() -> None:
    records = [replace(_GOOD, offset_delta=delta) for delta in (1, 4)]
    assert _offsets(_read(RawBatch(records, last_offset_delta=6))) == [(101, 101), (104, 104)]


def test_records_that_were_not_unpacked_are_lost_together_for_that_reason() -> None:
    large = replace(_GOOD, value=b"x" * 1_000)
    items = _read(RawBatch([_GOOD, large, _GOOD, _GOOD]), length=100, missing="it is large")
    assert _offsets(items) == [(100, 100), (101, 101), (102, 103)]
    (_, cut, rest) = items
    assert isinstance(cut, LostRecords)
    assert isinstance(rest, LostRecords)
    assert (cut.reason, cut.is_missing, cut.key) == ("it is large", True, b"ana")
    assert rest.is_missing
    assert cut.size > 1_000


def test_a_batch_that_has_more_or_fewer_records_than_it_says_loses_no_offset() -> None:
    for count in (0, 1, 5, 9):
        items = _read(RawBatch([_GOOD] * 3, record_count=count, last_offset_delta=4))
        assert _offsets(items)[-1][1] == 104
    assert _read(RawBatch((), last_offset_delta=4)) == [], "compaction has removed the records"


@given(st.binary(max_size=200), st.integers(-2, 9), st.integers(0, 9))
def test_no_bytes_make_the_reader_fail_or_repeat_an_offset(
    data: bytes, count: int, last: int
) -> None:
    batch = RawBatch((), record_count=count, last_offset_delta=last, tail=data)
    earlier = 99
    for first, latest in _offsets(_read(batch)):
        assert earlier < first <= latest <= 100 + last
        earlier = latest


def test_a_header_that_cannot_be_right_is_refused() -> None:
    good = RawBatch([_GOOD], base_offset=7).encode()
    header = BatchHeader.read(good)
    crc = calc_crc32c(good[CHECKED_FROM:])
    header.check(good, crc, 7)
    for data, found, expected in ((good[:-1], crc, 7), (good, crc ^ 1, 7), (good, crc, 8)):
        with pytest.raises(UnreadableBatchError):
            header.check(data, found, expected)
    for bad in (good[:60], good[:16] + b"\1" + good[17:], good[:8] + b"\xff" * 4 + good[12:]):
        with pytest.raises(UnreadableBatchError):
            BatchHeader.read(bad)


def test_the_reason_stays_the_same_while_the_log_grows_behind_a_wrong_length() -> None:
    data = RawBatch([_GOOD]).encode()
    header = BatchHeader.read(data)
    reasons = set()
    for present in (data[:-9], data[:-1]):
        with pytest.raises(UnreadableBatchError) as error:
            header.check(present, header.crc, header.base_offset)
        reasons.add(str(error.value))
    assert len(reasons) == 1, "an operator's answer is for one reason"
