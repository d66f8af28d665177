"""The header of a record batch of message format v2, as it stands in the log.

The layout is that of "Record Batch" in Kafka's protocol guide
(https://kafka.apache.org/documentation/#recordbatch). The checksum covers everything from the
attributes on. So it does not reveal a flipped bit in the base offset, the length or the number of
the format.
"""

import struct
from typing import NamedTuple, Self

_LAYOUT = struct.Struct(">qiibIhiqqqhii")
HEADER_BYTES = _LAYOUT.size
#: The bytes of the base offset and of the length itself, which the length does not count.
_BEFORE_LENGTH = 12
#: Where the part that the checksum covers begins.
CHECKED_FROM = 21
_FORMAT = 2
_CODEC_MASK, _LOG_APPEND_TIME, _CONTROL = 0x07, 0x08, 0x20


class UnreadableBatchError(Exception):
    """The batch, or what follows some record in it, cannot be read; the message says why."""


class BatchHeader(NamedTuple):
    """The fields of a batch's header that a reader needs."""

    base_offset: int
    size: int
    """The bytes of the whole batch, with its header."""
    crc: int
    attributes: int
    last_offset_delta: int
    first_timestamp: int
    max_timestamp: int
    record_count: int

    @classmethod
    def read(cls, data: bytes | memoryview) -> Self:
        """Read the header at the beginning of `data`. Raises `UnreadableBatchError`."""
        if len(data) < HEADER_BYTES:
            raise UnreadableBatchError(f"only {len(data)} bytes are left, a header has more")
        base, length, _, message_format, crc, attributes, last, first_at, max_at, *_, count = (
            _LAYOUT.unpack_from(data)
        )
        if message_format != _FORMAT:
            raise UnreadableBatchError(f"its message format is {message_format}, not {_FORMAT}")
        size = length + _BEFORE_LENGTH
        if size < HEADER_BYTES:
            raise UnreadableBatchError(f"its length of {length} bytes is shorter than its header")
        return cls(base, size, crc, attributes, last, first_at, max_at, count)

    @property
    def codec(self) -> int:
        """The number of the compression codec; 0 if the records are not compressed."""
        return self.attributes & _CODEC_MASK

    @property
    def is_control(self) -> bool:
        """Whether it holds a control record, such as the end of a transaction."""
        return bool(self.attributes & _CONTROL)

    @property
    def has_log_append_time(self) -> bool:
        """Whether the broker set the time of all records."""
        return bool(self.attributes & _LOG_APPEND_TIME)

    @property
    def end(self) -> int:
        """The offset after the batch's last record."""
        return self.base_offset + self.last_offset_delta + 1

    def check(self, data: bytes, crc: int, expected: int) -> None:
        """Check the batch's contents and place. Raises `UnreadableBatchError`.

        `crc` is the checksum of the batch in `data`, and `expected` the offset that was asked for.
        """
        if len(data) < self.size:
            # Do not say how many bytes are there: that grows with the log, but an operator's answer
            # is for one reason only.
            raise UnreadableBatchError(
                f"its length is {self.size:,} bytes, but the log ends earlier"
            )
        if crc != self.crc:
            raise UnreadableBatchError(
                f"its checksum is {crc:08x}, and its header says {self.crc:08x}: its bytes have "
                "changed since it was written"
            )
        if self.end <= expected or self.last_offset_delta < 0:
            raise UnreadableBatchError(
                f"its last offset is {self.end - 1}, and {expected} was asked for"
            )


def is_cut(data: bytes | memoryview) -> bool:
    """Return whether `data` ends before its first batch does. Raises `UnreadableBatchError`."""
    return len(data) < HEADER_BYTES or BatchHeader.read(data).size > len(data)
