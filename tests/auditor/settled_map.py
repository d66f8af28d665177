"""The auditor's own reading of the map that delivery writes into a commit's metadata.

Version 1: base64 of `1 · kind · zlib(body)`, about the offsets from the committed one upwards.
Kind `B`: one bit an offset, most significant first, set where settled. Kind `R`: LEB128 lengths
of runs in turn, of unsettled offsets first. It is about 131,072 offsets at most.
"""

import base64
import zlib
from collections.abc import Iterator

_VERSION = 1
_MOST_BYTES = 1 << 18
_MOST_OFFSETS = 131_072


class BadMapError(ValueError):
    """The text is no map of version 1; the message says why."""


def settled_offsets(metadata: str, committed: int) -> list[int]:
    """The offsets that the map says are settled beyond the committed one. Raises `BadMapError`."""
    if not metadata:
        return []
    try:
        packed = base64.b64decode(metadata, validate=True)
    except ValueError as error:
        raise BadMapError(f"not base64: {error}") from error
    if packed[:1] != bytes([_VERSION]):
        raise BadMapError(f"version {packed[:1].hex() or 'missing'}, not 01")
    body = _unpacked(packed[2:])
    match packed[1:2].decode("latin-1"):
        case "B":
            found = _of_bits(body)
        case "R":
            found = _of_runs(body)
        case kind:
            raise BadMapError(f"kind {kind!r}, neither B nor R")
    indexes = list(found)
    if indexes and indexes[-1] >= _MOST_OFFSETS:
        raise BadMapError("of more offsets than a map may have")
    return [committed + index for index in indexes]


def _unpacked(packed: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        body = stream.decompress(packed, _MOST_BYTES)
    except zlib.error as error:
        raise BadMapError(f"not zlib: {error}") from error
    if not stream.eof or stream.unused_data:
        raise BadMapError("not one whole zlib stream of a reasonable length")
    return body


def _of_bits(body: bytes) -> Iterator[int]:
    for position, byte in enumerate(body):
        for bit in range(8):
            if byte & (0x80 >> bit):
                yield position * 8 + bit


def _of_runs(body: bytes) -> Iterator[int]:
    start, settled = 0, False
    for length in _numbers(body):
        if start + length > _MOST_OFFSETS:
            raise BadMapError("of more offsets than a map may have")
        if settled:
            yield from range(start, start + length)
        start, settled = start + length, not settled


def _numbers(body: bytes) -> Iterator[int]:
    number = bits = 0
    for byte in body:
        number += (byte & 0x7F) << bits
        bits += 7
        if byte < 0x80:
            yield number
            number = bits = 0
    if bits:
        raise BadMapError("cut short within a number")
