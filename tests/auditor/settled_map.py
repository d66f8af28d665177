"""The auditor's own decoder of the settled map that delivery stores in a commit's metadata.

Version 1 is base64 of `1 · kind · zlib(body)`. The body describes the offsets from the committed
one upwards, at most 131,072 of them. Kind `B` has one bit for each offset, most significant bit
first, set if the offset is settled. Kind `R` has the LEB128 lengths of alternating runs; the first
run is of unsettled offsets.
"""

import base64
import zlib
from collections.abc import Iterator

_VERSION = 1
_MAX_BYTES = 1 << 18
_MAX_OFFSETS = 131_072


class BadMapError(ValueError):
    """The text is not a map of version 1. The message says why."""


def settled_offsets(metadata: str, committed: int) -> list[int]:
    """Return the settled offsets beyond the committed one. Raises `BadMapError`."""
    if not metadata:
        return []
    try:
        packed = base64.b64decode(metadata, validate=True)
    except ValueError as error:
        raise BadMapError(f"not base64: {error}") from error
    if packed[:1] != bytes([_VERSION]):
        raise BadMapError(f"version is {packed[:1].hex() or 'missing'}, expected 01")
    body = _decompress(packed[2:])
    match packed[1:2].decode("latin-1"):
        case "B":
            indexes = list(_indexes_of_bits(body))
        case "R":
            indexes = list(_indexes_of_runs(body))
        case kind:
            raise BadMapError(f"kind is {kind!r}, expected 'B' or 'R'")
    if indexes and indexes[-1] >= _MAX_OFFSETS:
        raise BadMapError(f"covers more than {_MAX_OFFSETS:,} offsets")
    return [committed + index for index in indexes]


def _decompress(packed: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        body = stream.decompress(packed, _MAX_BYTES)
    except zlib.error as error:
        raise BadMapError(f"not zlib: {error}") from error
    if not stream.eof or stream.unused_data:
        raise BadMapError(f"not one whole zlib stream of at most {_MAX_BYTES:,} bytes")
    return body


def _indexes_of_bits(body: bytes) -> Iterator[int]:
    for position, byte in enumerate(body):
        for bit in range(8):
            if byte & (0x80 >> bit):
                yield position * 8 + bit


def _indexes_of_runs(body: bytes) -> Iterator[int]:
    start, settled = 0, False
    for length in _leb128(body):
        if start + length > _MAX_OFFSETS:
            raise BadMapError(f"covers more than {_MAX_OFFSETS:,} offsets")
        if settled:
            yield from range(start, start + length)
        start, settled = start + length, not settled


def _leb128(body: bytes) -> Iterator[int]:
    number = bits = 0
    for byte in body:
        number += (byte & 0x7F) << bits
        bits += 7
        if byte < 0x80:
            yield number
            number = bits = 0
    if bits:
        raise BadMapError("ends within a LEB128 number")
