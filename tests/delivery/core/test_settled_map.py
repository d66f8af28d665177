"""The settled map in the commit's metadata: decoding returns the encoded map, or fails."""

import base64
import random
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.core.settled_map import (
    LIMIT_CHARACTERS,
    LIMIT_OFFSETS,
    UnreadableMapError,
    decode,
    encode,
)
from tests.delivery.core.effort import effort

_MEBIBYTE = 1 << 20

_SCATTERED = st.lists(st.booleans(), max_size=400).map(bytes)
_IN_RUNS = st.lists(st.tuples(st.booleans(), st.integers(0, 3_000)), max_size=20).map(
    lambda runs: b"".join(bytes((flag,)) * length for flag, length in runs)
)


def _kind(text: str) -> str:
    return chr(base64.b64decode(text)[1])


def _text(kind: str, body: bytes, version: int = 1) -> str:
    return base64.b64encode(bytes((version, ord(kind))) + zlib.compress(body)).decode()


@given(_SCATTERED | _IN_RUNS)
@effort(200)
def test_decoding_returns_the_encoded_flags(flags: bytes) -> None:
    text = encode(flags)
    assert text is not None
    assert decode(text) == flags.rstrip(b"\0")


@pytest.mark.parametrize("flags", [b"", b"\0", bytes(100_000)])
def test_text_is_empty_if_nothing_is_settled(flags: bytes) -> None:
    assert encode(flags) == ""
    assert decode("") == b""


@pytest.mark.parametrize(
    "flags",
    [b"\1", b"\0\1", b"\1" * 127, b"\1" * 128, b"\0" * 128 + b"\1" * 16_384, b"\1\0" * 40 + b"\1"],
)
def test_runs_of_any_length_are_encoded_and_decoded(flags: bytes) -> None:
    assert decode(encode(flags) or "") == flags


def test_few_long_runs_are_encoded_as_runs() -> None:
    text = encode(b"\0" + b"\1" * 100_000)
    assert text is not None
    assert _kind(text) == "R"
    assert len(text) < 40


def test_scattered_offsets_are_encoded_as_a_bitmap() -> None:
    rng = random.Random(1)  # noqa: S311 - the same flags in each run
    text = encode(bytes(rng.getrandbits(1) for _ in range(10_000)) + b"\1")
    assert text is not None
    assert _kind(text) == "B"


def test_many_runs_are_encoded_as_a_bitmap_even_if_runs_would_be_smaller() -> None:
    flags = (b"\0" + b"\1" * 30) * 4_000
    text = encode(flags)
    assert text is not None
    assert _kind(text) == "B", "encoding this many runs would take longer than the rest of `encode`"
    assert decode(text) == flags
    assert len(text) > len(_text("R", b"\1\x1e" * 4_000))


def test_runs_shorter_than_a_byte_of_the_bitmap_are_not_tried() -> None:
    flags = (b"\0" + b"\1" * 6) * 300
    text = encode(flags)
    assert text is not None
    assert _kind(text) == "B", "encoding these runs would take time and save nothing"
    assert decode(text) == flags
    assert len(text) > len(_text("R", b"\1\x06" * 300))


def test_the_map_of_a_busy_partition_needs_little_memory() -> None:
    rng = random.Random(4)  # noqa: S311 - the same flags in each run
    flags = bytes(rng.getrandbits(1) for _ in range(1_000))
    tracemalloc.start()
    try:
        encode(flags)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100_000, "clearing zlib's default memory costs more time than the rest"


def test_largest_window_settled_in_random_order_fits() -> None:
    rng = random.Random(2)  # noqa: S311 - the same flags in each run
    text = encode(bytes(rng.getrandbits(1) for _ in range(20_000)))
    assert text is not None
    assert len(text) <= LIMIT_CHARACTERS


def test_map_that_exceeds_the_metadata_limit_is_left_out() -> None:
    rng = random.Random(3)  # noqa: S311 - the same flags in each run
    flags = bytes(rng.getrandbits(1) for _ in range(30_000))
    longest = next(text for length in range(24_576, 0, -8) if (text := encode(flags[:length])))
    assert len(longest) == LIMIT_CHARACTERS
    assert encode(flags) is None


def test_longest_possible_body_of_runs_is_decoded() -> None:
    alternating = b"\1\0" * (LIMIT_OFFSETS // 2)
    assert decode(_text("R", b"\0" + b"\1" * LIMIT_OFFSETS)) == alternating


def test_encoded_map_never_covers_more_than_can_be_decoded() -> None:
    assert decode(encode(b"\1" * (LIMIT_OFFSETS + 5)) or "") == b"\1" * LIMIT_OFFSETS
    assert encode(bytes(LIMIT_OFFSETS) + b"\1") == ""


@pytest.mark.parametrize(
    "text",
    [
        "written by another program",
        "ñandú",
        "====",
        "\n".join(_text("B", b"\xff")),
        "AQ==",  # only a version
        base64.b64encode(b"\1B").decode(),
        base64.b64encode(b"\1Bno zlib").decode(),
        _text("B", b"\xff", version=2),
        _text("B", b"\xff", version=0),
        _text("X", b"\xff"),
        _text("R", b"\x80"),  # an unfinished length
        _text("R", b"\x80" * 100_000),
        _text("R", b"\xff" * 100_000),
        _text("R", b"\xff\xff\xff\xff\x7f"),
        _text("R", b"\x00\x80\x80\x40"),
        _text("B", b"\xff" * (LIMIT_OFFSETS // 8 + 1)),
        _text("B", b"\xff" * (LIMIT_OFFSETS + 2)),
        base64.b64encode(base64.b64decode(_text("B", b"\xff")) + b"more").decode(),
    ],
)
def test_text_that_is_not_a_map_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableMapError):
        decode(text)


@given(_SCATTERED.filter(any), st.data())
@effort(100)
def test_map_that_is_cut_short_is_unreadable(flags: bytes, data: st.DataObject) -> None:
    text = encode(flags)
    assert text is not None
    length = data.draw(st.integers(1, len(text) - 1))
    with pytest.raises(UnreadableMapError):
        decode(text[:length])


def _decode_or_refuse(text: str) -> None:
    try:
        flags = decode(text)
    except UnreadableMapError:
        return
    assert len(flags) <= LIMIT_OFFSETS
    assert set(flags) <= {0, 1}


@given(st.binary(max_size=300), st.sampled_from("BRX"), st.integers(0, 2))
@effort(200)
def test_any_body_is_decoded_or_refused(body: bytes, kind: str, version: int) -> None:
    _decode_or_refuse(_text(kind, body, version))


@given(st.binary(max_size=300).map(base64.b64encode).map(bytes.decode) | st.text(max_size=100))
@effort(200)
def test_any_text_is_decoded_or_refused(text: str) -> None:
    _decode_or_refuse(text)


@pytest.mark.parametrize("kind", ["B", "R"])
@pytest.mark.parametrize("byte", [b"\0", b"\1", b"\x7f", b"\x80", b"\xff"])
def test_zip_bomb_is_refused_before_it_is_decompressed(kind: str, byte: bytes) -> None:
    text = _text(kind, byte * (3 * _MEBIBYTE))
    assert len(text) <= LIMIT_CHARACTERS + 100  # it would nearly fit into the metadata
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableMapError):
            decode(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < _MEBIBYTE
