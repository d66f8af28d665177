"""Finds batches with so many headers that aiokafka would parse them for too long."""

from delivery.core.record_batch import UnreadableBatchError

#: aiokafka parses a smaller batch in less than 10 ms, whatever it holds.
_CHECKED_BYTES = 64 * 1024
#: A header costs aiokafka 0.2 us and more memory than its bytes. So only headers of few bytes cost
#: much: in 1 MiB, there may be 500,000. Both numbers of such a header, the lengths of its name and
#: its value, are among these bytes: lengths of 0, -1 (no value), 1 and 2, as Kafka writes them.
_LENGTHS = b"\0\1\2\4"
#: JSON has none of these bytes. What has very many is read by our own reader, record by record.
_MOST_LENGTHS = 2 * 50_000
#: Only one byte of so many is looked at. The number is prime, so that it meets every byte of a
#: header that repeats.
_STRIDE = 17


def check_headers(data: bytes, begin: int, end: int) -> None:
    """Raise `UnreadableBatchError` if there may be too many in the unpacked records between these.

    Takes 0.1 ms for 1 MiB.
    """
    if end - begin <= _CHECKED_BYTES:
        return
    sample = data[begin:end:_STRIDE]
    lengths = _STRIDE * (len(sample) - len(sample.translate(None, _LENGTHS)))
    if lengths > _MOST_LENGTHS:
        raise UnreadableBatchError(f"it seems to have about {lengths // 2:,} headers")
