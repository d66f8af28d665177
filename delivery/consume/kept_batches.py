"""aiokafka's reader of fetched batches, which also knows their bytes."""

import struct
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.memory_records import MemoryRecords

from delivery.consume.header_count import check_headers
from delivery.consume.unpack import BUDGET, LARGEST_BATCH_BYTES, TooLargeError
from delivery.core.record_batch import HEADER_BYTES

#: A smaller fetch needs no checks: so few bytes cost little, whatever they are.
_UNCHECKED_BYTES = 4 * 1024
#: In every message format, this field holds the length of what follows it.
_LENGTH_AT, _LENGTH = 8, struct.Struct(">i")


def keep_batches() -> None:
    """Let aiokafka read the larger fetches of this process with `KeptBatches`."""
    # aiokafka offers no way to set its reader. For each fetch, it looks up the reader by this name.
    fetcher.MemoryRecords = _batches_in


def _batches_in(data: bytes) -> Any:
    return MemoryRecords(data) if len(data) <= _UNCHECKED_BYTES else KeptBatches(data)


class KeptBatches:
    """Yields the batches in `data`, as aiokafka's own reader does, and bounds uncompressed ones.

    aiokafka's own batches do not give access to their bytes, so this reader finds them in `data`.
    """

    def __init__(self, data: bytes) -> None:
        reader = MemoryRecords(data)
        self._data = data
        self._begin = self._end = 0
        self._next = reader.next_batch
        self.has_next = reader.has_next
        self.size_in_bytes = reader.size_in_bytes

    def next_batch(self) -> Any:
        """Return the next batch."""
        self._begin = self._end
        (length,) = _LENGTH.unpack_from(self._data, self._begin + _LENGTH_AT)
        self._end += _LENGTH_AT + _LENGTH.size + length
        return self._next()

    def check(self, batch: Any) -> None:
        """Count an uncompressed batch in the budget, and raise an error if it costs too much.

        A compressed batch is checked when it is unpacked.
        """
        if batch.compression_type:
            return
        begin = self._begin + HEADER_BYTES
        size = self._end - begin
        BUDGET.spend(size)
        if size > LARGEST_BATCH_BYTES:
            raise TooLargeError(f"it has {size:,} bytes")
        check_headers(self._data, begin, self._end)
