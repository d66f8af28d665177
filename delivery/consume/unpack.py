"""Unpacks the records of compressed batches, up to a bound.

aiokafka unpacks whatever a batch holds: 70 KiB may become 70 MiB. `bound_aiokafka` sets a bound.
"""

import asyncio
import mmap
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import cramjam
from aiokafka.record._crecords import default_records

from delivery.consume.header_count import check_headers

#: aiokafka unpacks and parses on the event loop, so it may unpack no more than this. The producers
#: that we know write no larger batches: they collect at most 1 MiB before they compress it.
LARGEST_BATCH_BYTES = 1024 * 1024
_PIECE_BYTES = 1024 * 1024
_INPUT_BYTES = 16 * 1024
#: Producers write a single gzip member. Each member takes a few microseconds, even if it is empty,
#: and a batch of 1 MiB may hold 50,000 of them.
_MOST_MEMBERS = 1_000
_MANY_MEMBERS = f"it has more than {_MOST_MEMBERS:,} gzip members"
_GZIP = 31  # zlib's number for a gzip member with the largest window
_XERIAL = b"\x82SNAPPY\x00"
_XERIAL_HEADER_BYTES = 16
_BLOCK_SIZE_BYTES = 4
#: Producers write blocks of 32 KiB. Each block takes a few microseconds, even if it is empty, and a
#: batch of 1 MiB may hold 200,000 of them. So the limit on the bytes also limits the blocks.
_LEAST_BYTES_PER_BLOCK = 1024
_MANY_BLOCKS = "it has more than {:,} snappy blocks"
_INTO: dict[int, Callable[[Any, Any], int]] = {
    3: cramjam.lz4.decompress_into,
    4: cramjam.zstd.decompress_into,
}
#: How cramjam says that the output is larger than the buffer.
_BUFFER_IS_FULL = "failed to write whole buffer"
_OVERFLOW = "it unpacks to more than {:,} bytes"
#: This buffer is kept, because a new one would have to be filled with zeros for each batch. Only
#: the event loop uses it.
_scratch = bytearray(LARGEST_BATCH_BYTES)


class Unpacked(NamedTuple):
    """The unpacked records of a batch: all of them, or only the beginning."""

    data: memoryview
    problem: str
    """Why `data` is not everything; empty if it is."""
    is_too_large: bool
    """Whether the rest was left out because of its size alone."""


class TooLargeError(Exception):
    """A batch unpacks to more than aiokafka may read."""


class Budget:
    """Owns the number of bytes that may still be read before the event loop runs other tasks.

    The budget is full again in the turn after the one that spends it. So no turn reads more than
    the budget and one batch. Several turns may share a budget, which only makes the last of them
    shorter.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._left = size

    @property
    def is_spent(self) -> bool:
        """Whether nothing more should be read in this turn."""
        return self._left <= 0

    def spend(self, size: int) -> None:
        """Count `size` bytes that are read, or something else that costs as much."""
        if self._left > 0 >= self._left - size:
            asyncio.get_running_loop().call_soon(self._begin)
        self._left -= size

    def _begin(self) -> None:
        self._left = self._size


#: What all consumers of this process may read in a turn: two large batches. Further batches wait.
BUDGET = Budget(2 * LARGEST_BATCH_BYTES)


def bound_aiokafka() -> None:
    """Replace aiokafka's functions that unpack batches with bounded ones, in this process.

    They raise an error for a batch that unpacks to more than `LARGEST_BATCH_BYTES`, or that seems
    to have too many headers.
    """
    # aiokafka offers no way to set these functions. It looks them up by these names at each call.
    for codec, name in enumerate(("gzip", "snappy", "lz4", "zstd"), start=1):
        setattr(default_records, f"{name}_decode", _bounded(codec))


def _bounded(codec: int) -> Callable[[Any], bytes]:
    def decode(data: Any) -> bytes:
        size = LARGEST_BATCH_BYTES  # this much may be unpacked before an error
        try:
            if codec in _INTO:
                size = _INTO[codec](data, _scratch)
                unpacked = bytes(memoryview(_scratch)[:size])
            else:
                part = unpack(codec, bytes(data), LARGEST_BATCH_BYTES)
                if part.problem:
                    raise TooLargeError(part.problem)
                unpacked = bytes(part.data)
                size = len(unpacked)
        finally:
            BUDGET.spend(size)
        check_headers(unpacked, 0, size)
        return unpacked

    return decode


def unpack(codec: int, data: bytes, limit: int) -> Unpacked:
    """Return what the data unpacks to, at most `limit` bytes. Never raises, whatever `data` is."""
    match codec:
        case 0:
            return Unpacked(memoryview(data), "", False)
        case 1:
            return _gzip(data, limit)
        case 2:
            return _snappy(data, limit)
        case 3 | 4:
            return _into_buffer(_INTO[codec], data, limit)
    return Unpacked(memoryview(b""), f"its compression codec {codec} is unknown", False)


def _gzip(data: bytes, limit: int) -> Unpacked:
    unpacked, problem = bytearray(), ""
    position, members = 0, 0
    while position < len(data) and not problem:  # Several gzip members may follow each other.
        if (members := members + 1) > _MOST_MEMBERS:
            return Unpacked(memoryview(unpacked), _MANY_MEMBERS, True)
        member = zlib.decompressobj(_GZIP)
        before, rest = member, b""
        try:
            while position < len(data) and not member.eof:
                # zlib copies what follows the member, so give it no more than a small part.
                before, rest = member.copy(), data[position : position + _INPUT_BYTES]
                # Small pieces, because joining large ones would hold the interpreter's lock.
                unpacked += member.decompress(rest, _PIECE_BYTES)
                position += len(rest) - len(member.unconsumed_tail) - len(member.unused_data)
                if len(unpacked) > limit:
                    return Unpacked(memoryview(unpacked)[:limit], _OVERFLOW.format(limit), True)
        except zlib.error as error:
            problem = f"its gzip data is broken: {error}"
            unpacked += _before_broken(rest, before)
        if not (member.eof or problem):
            problem = "its gzip data ends too early"
    return Unpacked(memoryview(unpacked), problem, False)


def _before_broken(data: bytes, member: Any) -> bytes:
    """Unpack byte by byte what comes before the place where the data is broken."""
    unpacked = bytearray()
    with suppress(zlib.error):
        for at in range(len(data)):
            unpacked += member.decompress(data[at : at + 1], _PIECE_BYTES)
            if len(unpacked) > _PIECE_BYTES:
                break
    return bytes(unpacked)


def _snappy(data: bytes, limit: int) -> Unpacked:
    if not data.startswith(_XERIAL) or len(data) < _XERIAL_HEADER_BYTES:
        return _snappy_block(data, limit, limit)
    unpacked, position = bytearray(), _XERIAL_HEADER_BYTES
    blocks, most_blocks = 0, limit // _LEAST_BYTES_PER_BLOCK
    while position < len(data):
        if (blocks := blocks + 1) > most_blocks:
            return Unpacked(memoryview(unpacked), _MANY_BLOCKS.format(most_blocks), True)
        begin = position + _BLOCK_SIZE_BYTES
        position = begin + int.from_bytes(data[position:begin], signed=True)
        if not begin <= position <= len(data):
            return Unpacked(memoryview(unpacked), "its snappy data ends too early", False)
        block = _snappy_block(data[begin:position], limit - len(unpacked), limit)
        unpacked += block.data
        if block.problem:
            return Unpacked(memoryview(unpacked), block.problem, block.is_too_large)
    return Unpacked(memoryview(unpacked), "", False)


def _snappy_block(data: bytes, room: int, limit: int) -> Unpacked:
    try:
        # A block states its unpacked size. It cannot be unpacked in part.
        if cramjam.snappy.decompress_raw_len(data) > room:
            return Unpacked(memoryview(b""), _OVERFLOW.format(limit), True)
        return Unpacked(memoryview(cramjam.snappy.decompress_raw(data)), "", False)
    except cramjam.DecompressionError as error:
        return Unpacked(memoryview(b""), f"its snappy data is broken: {error}", False)


def _into_buffer(decompress: Callable[[Any, Any], int], data: bytes, limit: int) -> Unpacked:
    # The operating system provides this memory only as it is written. A `bytearray` would be filled
    # with zeros, which holds the interpreter's lock, and so the event loop, for up to a second.
    buffer = mmap.mmap(-1, limit)
    try:
        size = decompress(data, buffer)
    except cramjam.DecompressionError as error:
        if _BUFFER_IS_FULL in str(error):
            return Unpacked(memoryview(buffer), _OVERFLOW.format(limit), True)
        part = _before_error(decompress, data, min(limit, LARGEST_BATCH_BYTES))
        return Unpacked(part, f"its compressed data is broken: {error}", False)
    return Unpacked(memoryview(buffer)[:size], "", False)


def _before_error(decompress: Callable[[Any, Any], int], data: bytes, limit: int) -> memoryview:
    """Return what was written before the error. The error does not say how much that is."""
    buffers = bytearray(limit), bytearray(b"\xff") * limit
    for buffer in buffers:
        with suppress(cramjam.DecompressionError):
            decompress(data, buffer)
    # The bytes that were written are the same in both buffers. The rest is 0 in one and 255 in the
    # other.
    one, two = map(bytes, buffers)
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == two[low:middle]:
            low = middle
        else:
            high = middle - 1
    return memoryview(one)[:low]
