"""Reads the records of a batch one by one, even if some of them cannot be read.

aiokafka's own reader is faster, but gives up a batch at its first bad record. This one is used only
for the batches that aiokafka cannot read. The layout is that of "Record" in Kafka's protocol guide
(https://kafka.apache.org/documentation/#record).
"""

from collections.abc import Iterator
from typing import NamedTuple

from delivery.core.record_batch import BatchHeader

#: A record's key, value or headers are left out of its dead letter if they are larger than this.
LARGEST_CONTENT_BYTES = 4 * 1024 * 1024
#: If a record has more headers than this, they are left out, too. Each header costs far more memory
#: than its bytes.
MOST_HEADERS = 1_000
_VARINT_BITS = 64

Headers = tuple[tuple[str, bytes | None], ...]


class PlainRecord(NamedTuple):
    """A record that can be read."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class LostRecords(NamedTuple):
    """One record that cannot be read, or several in a row that cannot be told apart."""

    offset: int
    last_offset: int
    reason: str
    size: int
    """The bytes of the record as far as they are known; 0 for several records."""
    timestamp: int
    key: bytes | None = None
    headers: Headers = ()
    is_missing: bool = False
    """Whether they are the records beyond `data` (see `records_in`)."""


class _MalformedRecordError(Exception):
    """The record cannot be read, but the next one can."""


class _Broken(Exception):  # noqa: N818 - it never leaves this module
    """From here on, the records cannot be told apart."""


def records_in(
    header: BatchHeader, data: memoryview, *, missing: str = ""
) -> Iterator[PlainRecord | LostRecords]:
    """Yield what is at each offset of the batch, in order; `data` holds its records, decompressed.

    If `data` holds only their beginning, `missing` says why. The records beyond `data` are then
    yielded as one `LostRecords`. Never raises, whatever `data` contains.
    """
    position, offset, last_offset = 0, header.base_offset, header.end - 1
    reason = f"its batch holds more than the {header.record_count} records that its header states"
    for index in range(max(0, header.record_count)):
        try:
            begin, end = _extent(data, position)
        except _Broken as error:
            reason = f"its batch is broken at record {index}: {error}"
            position = -1
            break
        if end > len(data):
            reason = f"its batch ends in the middle of record {index}"
        record = _record(header, data, begin, min(end, len(data)), index)
        # The offsets of a batch rise. If a record's own offset breaks this rule, its position in
        # the batch decides which offset it gets.
        if not offset <= record.offset <= last_offset:
            record = record._replace(offset=offset)
        if isinstance(record, LostRecords):
            is_missing = bool(missing) and end > len(data)
            why = missing if is_missing else record.reason
            record = record._replace(
                last_offset=record.offset, size=end - begin, reason=why, is_missing=is_missing
            )
        yield record
        offset, position = record.offset + 1, end
        if offset > last_offset or end > len(data):
            break
    if offset <= last_offset and (missing or position != len(data)):
        yield LostRecords(
            offset,
            last_offset,
            missing or reason,
            0,
            header.max_timestamp,
            is_missing=bool(missing),
        )


def _extent(data: memoryview, position: int) -> tuple[int, int]:
    """Return where the record's fields begin and end. The end may be beyond `data`."""
    length, begin = _varint(data, position, len(data))
    if length < 0:
        raise _Broken(f"its length is {length}")
    return begin, begin + length


def _record(
    header: BatchHeader, data: memoryview, begin: int, end: int, index: int
) -> PlainRecord | LostRecords:
    """Read the record between `begin` and `end`, at the offset that it states."""
    offset, timestamp = header.base_offset + index, header.max_timestamp
    key: bytes | None = None
    headers: Headers = ()
    try:
        time_delta, position = _varint(data, begin + 1, end)  # the first byte is unused
        if not header.has_log_append_time:
            timestamp = header.first_timestamp + time_delta
        offset_delta, position = _varint(data, position, end)
        if header.record_count != header.last_offset_delta + 1:  # the log has been compacted
            offset = header.base_offset + offset_delta
        key_bytes, position = _bytes(data, position, end, "key")
        key = _small(key_bytes, "key")
        value_bytes, position = _bytes(data, position, end, "value")
        headers, problem, position = _headers(data, position, end)
        value = _small(value_bytes, "value")
        _check(problem)
        _check(f"{end - position} bytes follow the headers" if position != end else "")
    except (_MalformedRecordError, _Broken) as error:
        reason = f"the record is malformed: {error}"
        return LostRecords(offset, offset, reason, end - begin, timestamp, key, headers)
    return PlainRecord(offset, timestamp, key, value, headers)


def _check(problem: str) -> None:
    if problem:
        raise _MalformedRecordError(problem)


def _headers(data: memoryview, position: int, end: int) -> tuple[Headers, str, int]:
    """Return the headers, a problem, and the position after the headers.

    The problem says why some headers cannot be read; it is empty if all can be read.
    """
    count, position = _varint(data, position, end)
    if not 0 <= count <= MOST_HEADERS:
        raise _MalformedRecordError(f"it has {count:,} headers, at most {MOST_HEADERS:,} are read")
    headers: list[tuple[str, bytes | None]] = []
    unreadable, begin = "", position
    for _ in range(count):
        name, position = _bytes(data, position, end, "header's name")
        value, position = _bytes(data, position, end, "header's value")
        if name is None:
            raise _MalformedRecordError("a header has no name")
        if position - begin > LARGEST_CONTENT_BYTES:
            raise _MalformedRecordError(f"its headers are larger than {LARGEST_CONTENT_BYTES:,}")
        try:
            text = bytes(name).decode()
        except UnicodeDecodeError:
            text = bytes(name).decode(errors="backslashreplace")
            unreadable = unreadable or f"the header name {text[:100]!r} is not UTF-8"
        headers.append((text, None if value is None else bytes(value)))
    return tuple(headers), unreadable, position


def _small(data: memoryview | None, name: str) -> bytes | None:
    if data is not None and len(data) > LARGEST_CONTENT_BYTES:
        message = f"its {name} has {len(data):,} bytes, more than {LARGEST_CONTENT_BYTES:,}"
        raise _MalformedRecordError(message)
    return None if data is None else bytes(data)


def _bytes(data: memoryview, position: int, end: int, name: str) -> tuple[memoryview | None, int]:
    length, position = _varint(data, position, end)
    if length < 0:
        return None, position
    if length > end - position:
        raise _MalformedRecordError(
            f"its {name} should have {length:,} bytes, and only {end - position:,} are left"
        )
    return data[position : position + length], position + length


def _varint(data: memoryview, position: int, end: int) -> tuple[int, int]:
    """Return the zigzag-coded number at `position`, and the position after it."""
    value = shift = 0
    while position < end and shift < _VARINT_BITS:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the bit that says that another byte follows
            return (value >> 1) ^ -(value & 1), position
        shift += 7
    raise _Broken("a number in it does not end")
