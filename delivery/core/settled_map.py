"""What is settled beyond the committed offset, as text for the commit's metadata.

Format, version 1: base64 of `version (1 byte) · kind (1 byte) · zlib of the body`, about the
offsets from the committed one upwards, in order. Body of kind `B`: a bitmap, most significant
bit first, set where settled. Body of kind `R`: LEB128 lengths of runs, first of unsettled
offsets, then of settled ones, and so on in turn. The smaller of the two is kept.

The map only suppresses repeats: losing it costs repeats, never a notification.
"""

import base64
import binascii
import re
import zlib

#: Kafka's `offset.metadata.max.bytes` by default: a commit with more is refused.
LIMIT_CHARACTERS = 4096
_VERSION = 1
_BITMAP, _RUNS = ord("B"), ord("R")
#: No map that fits the metadata unfolds to more; garbage that would is refused.
_LIMIT_BODY = 1 << 20
_LIMIT_OFFSETS = 1 << 23
_TO_DIGITS = bytes((ord("0"), ord("1"))) + bytes(254)


class UnreadableMapError(Exception):
    """The metadata is not a map of a known version: written by another program, or damaged."""


def encode(flags: bytes) -> str | None:
    """The text for these flags, one byte an offset, 1 where settled; empty where nothing is.

    None where the text would pass the limit: the caller commits without a map.
    """
    last = flags.rfind(b"\1")
    if last < 0:
        return ""
    flags = flags[: last + 1]
    bodies = {_BITMAP: _to_bitmap(flags), _RUNS: _to_runs(flags)}
    packed = {kind: zlib.compress(body) for kind, body in bodies.items()}
    kind = min(packed, key=lambda kind: len(packed[kind]))
    text = base64.b64encode(bytes((_VERSION, kind)) + packed[kind]).decode()
    return text if len(text) <= LIMIT_CHARACTERS else None


def decode(text: str) -> bytes:
    """The flags behind the text. Raises `UnreadableMapError`."""
    if not text:
        return b""
    try:
        raw = base64.b64decode(text, validate=True)
        if len(raw) < 2 or raw[0] != _VERSION:  # noqa: PLR2004 - version and kind
            raise UnreadableMapError("of an unknown version")
        unpack = zlib.decompressobj()
        body = unpack.decompress(raw[2:], _LIMIT_BODY)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise UnreadableMapError(str(error)) from error
    if not unpack.eof:
        raise UnreadableMapError("cut short, or too long")
    if raw[1] == _BITMAP:
        return _from_bitmap(body)
    if raw[1] == _RUNS:
        return _from_runs(body)
    raise UnreadableMapError("of an unknown kind")


def _to_bitmap(flags: bytes) -> bytes:
    padded = flags + bytes(-len(flags) % 8)
    return int(padded.translate(_TO_DIGITS), 2).to_bytes(len(padded) // 8, "big")


def _from_bitmap(body: bytes) -> bytes:
    if not body:
        return b""
    digits = f"{int.from_bytes(body, 'big'):0{len(body) * 8}b}"
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
        shift += 7
        if byte & 0x80:
            continue
        if len(flags) + length > _LIMIT_OFFSETS:
            raise UnreadableMapError("of more offsets than a window holds")
        flags += bytes((flag,)) * length
        length, shift, flag = 0, 0, 1 - flag
    if shift:
        raise UnreadableMapError("cut short in the middle of a run")
    return bytes(flags)
