"""What is settled beyond the committed offset, as text for the commit's metadata.

Format, version 1: base64 of `version (1 byte) · kind (1 byte) · zlib of the body`, about the
offsets from the committed one upwards, in order, 131,072 at most. Body of kind `B`: a bitmap,
most significant bit first, set where settled. Body of kind `R`: LEB128 lengths of runs, first of
unsettled offsets, then of settled ones, and so on in turn. Runs are tried where there are 6,144 at
most, and the smaller of the two is kept.

The map only suppresses repeats: losing it costs repeats, never a notification.
"""

import base64
import binascii
import re
import zlib

#: Kafka's `offset.metadata.max.bytes` by default: a commit with more is refused.
LIMIT_CHARACTERS = 4096
#: A map reaches no further. Each commit makes one anew, on the event loop: behind a record that
#: is held for hours it must not take longer and longer.
LIMIT_OFFSETS = 1 << 17
#: More runs than these hardly ever fit, or fit as a bitmap. To find that out at each commit would
#: take ten times as long as all the rest.
_LIMIT_RUNS = 6144
_VERSION = b"\1"
_BITMAP, _RUNS = b"B", b"R"
#: Garbage that unfolds to more is refused. The longest body is of runs of one offset each, behind
#: one of none; with a byte to spare, its end is seen.
_LIMIT_BODY = LIMIT_OFFSETS + 2
_TO_DIGITS = bytes((ord("0"), ord("1"))) + bytes(254)


class UnreadableMapError(Exception):
    """The metadata is not a map of a known version: written by another program, or damaged."""


def encode(flags: bytes) -> str | None:
    """The text for these flags, one byte an offset, 1 where settled; empty where nothing is.

    Flags beyond `LIMIT_OFFSETS` are left out. None where the text would pass the limit: the
    caller commits without a map.
    """
    flags = flags[:LIMIT_OFFSETS].rstrip(b"\0")
    if not flags:
        return ""
    bits = _to_bits(flags)
    # More effort makes smaller only bitmaps that are larger than the runs.
    packed = {_BITMAP: zlib.compress(bits.to_bytes(-(-len(flags) // 8), "big"), level=1)}
    if (bits ^ bits >> 1).bit_count() <= _LIMIT_RUNS:
        packed[_RUNS] = zlib.compress(_to_runs(flags))
    kind = min(packed, key=lambda kind: len(packed[kind]))
    text = base64.b64encode(_VERSION + kind + packed[kind]).decode()
    return text if len(text) <= LIMIT_CHARACTERS else None


def decode(text: str) -> bytes:
    """The flags behind the text. Raises `UnreadableMapError`."""
    if not text:
        return b""
    try:
        raw = base64.b64decode(text, validate=True)
        version, kind = raw[:1], raw[1:2]
        if version != _VERSION:
            raise UnreadableMapError("of an unknown version")
        unpack = zlib.decompressobj()
        body = unpack.decompress(raw[2:], _LIMIT_BODY)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise UnreadableMapError(str(error)) from error
    if not unpack.eof or unpack.unused_data:
        raise UnreadableMapError("cut short, too long, or with more behind it")
    if kind == _BITMAP:
        return _from_bitmap(body)
    if kind == _RUNS:
        return _from_runs(body)
    raise UnreadableMapError("of an unknown kind")


def _to_bits(flags: bytes) -> int:
    padded = flags + bytes(-len(flags) % 8)
    return int(padded.translate(_TO_DIGITS), 2)


def _from_bitmap(body: bytes) -> bytes:
    if len(body) * 8 > LIMIT_OFFSETS:
        raise UnreadableMapError("of more offsets than a map reaches")
    digits = f"{int.from_bytes(body, 'big'):0{len(body) * 8}b}" if body else ""
    return digits.encode().translate(bytes(48) + b"\0\1" + bytes(206)).rstrip(b"\0")


def _to_runs(flags: bytes) -> bytes:
    lengths = [len(run) for run in re.findall(rb"\x00+|\x01+", flags)]
    if flags.startswith(b"\1"):
        lengths.insert(0, 0)
    body = bytearray()
    for length in lengths:
        rest, more = length & 0x7F, length >> 7
        while more:
            body.append(rest | 0x80)
            rest, more = more & 0x7F, more >> 7
        body.append(rest)
    return bytes(body)


def _from_runs(body: bytes) -> bytes:
    flags = bytearray()
    length = shift = flag = 0
    for byte in body:
        length |= (byte & 0x7F) << shift
        # Checked at each byte: garbage without an end would build a number of megabytes.
        if len(flags) + length > LIMIT_OFFSETS:
            raise UnreadableMapError("of more offsets than a map reaches")
        shift += 7
        if byte & 0x80:
            continue
        flags += bytes((flag,)) * length
        length, shift, flag = 0, 0, 1 - flag
    if shift:
        raise UnreadableMapError("cut short in the middle of a run")
    return bytes(flags)
