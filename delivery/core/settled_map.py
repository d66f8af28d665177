"""Encodes which offsets above the committed one are settled, as text for the commit's metadata.

Format, version 1: base64 of `version (1 byte) · kind (1 byte) · zlib of the body`. The body covers
the offsets from the committed one upwards, at most 131,072 of them.

- Kind `B`: a bitmap, most significant bit first. A bit is set if the offset is settled.
- Kind `R`: the lengths of runs in LEB128: unsettled, settled, unsettled, and so on.

Runs are tried only if the bitmap has at least as many bytes as there are runs, and if there are at
most 6,144 runs. The smaller encoding is used.

The map only suppresses repeats. If the map is lost, settled records are pushed again, but no
record is lost.
"""

import base64
import binascii
import re
import zlib

#: The default of Kafka's `offset.metadata.max.bytes`. The broker refuses longer metadata.
LIMIT_CHARACTERS = 4096
#: How many offsets a map covers. Every commit encodes a new map on the event loop. While a record
#: is held for hours, more and more offsets settle above it. This limit keeps encoding fast.
LIMIT_OFFSETS = 1 << 17
#: More runs than this are not encoded: the text would nearly always be too long, or longer than a
#: bitmap. Encoding them would take ten times as long as the rest of `encode`.
_LIMIT_RUNS = 6144
_VERSION = b"\1"
_BITMAP, _RUNS = b"B", b"R"
#: Text that decompresses to more bytes than this is refused. The longest body has an empty first
#: run, which takes one extra byte, and then runs of one offset each. The second extra byte lets
#: `zlib` reach the end of such a body.
_LIMIT_BODY = LIMIT_OFFSETS + 2
_TO_DIGITS = bytes((ord("0"), ord("1"))) + bytes(254)


class UnreadableMapError(Exception):
    """The metadata is damaged, or another program or version wrote it."""


def encode(flags: bytes) -> str | None:
    """Return the text for these flags: one byte for each offset, 1 if it is settled.

    The text is empty if nothing is settled. Flags beyond `LIMIT_OFFSETS` are left out. Returns
    None if the text would exceed the limit; then the caller commits without a map.
    """
    flags = flags[:LIMIT_OFFSETS].rstrip(b"\0")
    if not flags:
        return ""
    bits, size = _to_bits(flags), -(-len(flags) // 8)
    # A higher level would only shrink the bitmaps for which runs are smaller anyway.
    packed = {_BITMAP: _compressed(bits.to_bytes(size, "big"), level=1)}
    # While users keep up, there are often more runs than bytes in the bitmap. Encoding the runs
    # would take time and save nothing.
    if (bits ^ bits >> 1).bit_count() <= min(size, _LIMIT_RUNS):
        packed[_RUNS] = _compressed(_to_runs(flags))
    kind = min(packed, key=lambda kind: len(packed[kind]))
    text = base64.b64encode(_VERSION + kind + packed[kind]).decode()
    return text if len(text) <= LIMIT_CHARACTERS else None


def decode(text: str) -> bytes:
    """Return the flags that the text encodes. Raises `UnreadableMapError`."""
    if not text:
        return b""
    try:
        raw = base64.b64decode(text, validate=True)
        version, kind = raw[:1], raw[1:2]
        if version != _VERSION:
            raise UnreadableMapError(f"the map's version is {version!r}, not {_VERSION!r}")
        unpack = zlib.decompressobj()
        body = unpack.decompress(raw[2:], _LIMIT_BODY)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise UnreadableMapError(str(error)) from error
    if not unpack.eof or unpack.unused_data:
        raise UnreadableMapError("the map is cut short, too long, or followed by other data")
    if kind == _BITMAP:
        return _from_bitmap(body)
    if kind == _RUNS:
        return _from_runs(body)
    raise UnreadableMapError(f"the map's kind is {kind!r}, not B or R")


def _compressed(body: bytes, level: int = zlib.Z_DEFAULT_COMPRESSION) -> bytes:
    # `zlib.compress` begins by allocating and clearing 256 KiB, which takes 30 times as long as
    # compressing the map of a busy partition. A window of 4 KiB makes maps no larger.
    compressor = zlib.compressobj(level, wbits=12, memLevel=6)
    return compressor.compress(body) + compressor.flush()


def _to_bits(flags: bytes) -> int:
    padded = flags + bytes(-len(flags) % 8)
    return int(padded.translate(_TO_DIGITS), 2)


def _from_bitmap(body: bytes) -> bytes:
    if len(body) * 8 > LIMIT_OFFSETS:
        raise UnreadableMapError(f"the map covers more than {LIMIT_OFFSETS} offsets")
    digits = f"{int.from_bytes(body, 'big'):0{len(body) * 8}b}" if body else ""
    return digits.encode().translate(bytes(48) + b"\0\1" + bytes(206)).rstrip(b"\0")


def _to_runs(flags: bytes) -> bytes:
    lengths = [len(run) for run in re.findall(rb"\x00+|\x01+", flags)]
    if flags.startswith(b"\1"):
        lengths.insert(0, 0)
    body = bytearray()
    for length in lengths:
        low_bits, remaining = length & 0x7F, length >> 7
        while remaining:
            body.append(low_bits | 0x80)
            low_bits, remaining = remaining & 0x7F, remaining >> 7
        body.append(low_bits)
    return bytes(body)


def _from_runs(body: bytes) -> bytes:
    flags = bytearray()
    length = shift = flag = 0
    for byte in body:
        length |= (byte & 0x7F) << shift
        # Check at every byte. Otherwise garbage could build an integer of many megabytes.
        if len(flags) + length > LIMIT_OFFSETS:
            raise UnreadableMapError(f"the map covers more than {LIMIT_OFFSETS} offsets")
        shift += 7
        if byte & 0x80:
            continue
        flags += bytes((flag,)) * length
        length, shift, flag = 0, 0, 1 - flag
    if shift:
        raise UnreadableMapError("the map is cut short in the middle of a run")
    return bytes(flags)
