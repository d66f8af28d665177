"""The auditor decodes settled maps that are encoded by hand."""

import base64
import zlib

import pytest

from tests.auditor.clean_run import encoded_map
from tests.auditor.settled_map import BadMapError, settled_offsets


@pytest.mark.parametrize(
    ("kind", "body", "offsets"),
    [
        ("B", b"", []),
        ("B", b"\x80", [100]),
        ("B", b"\x40", [101]),
        ("B", b"\x01\x81", [107, 108, 115]),
        ("R", b"", []),
        ("R", b"\x00\x02", [100, 101]),
        ("R", b"\x03\x01\x01\x02", [103, 105, 106]),
        # A run of 300 unsettled offsets, as two LEB128 bytes, then a run of two settled ones.
        ("R", b"\xac\x02\x02", [400, 401]),
    ],
)
def test_maps_of_both_kinds_are_decoded(kind: str, body: bytes, offsets: list[int]) -> None:
    assert settled_offsets(encoded_map(kind, body), 100) == offsets


def test_no_metadata_is_an_empty_map() -> None:
    assert settled_offsets("", 100) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("not base64!", "base64"),
        ("ñ", "base64"),
        (encoded_map("B", b"\x80", version=2), "version is 02"),
        (encoded_map("X", b"\x80"), "kind"),
        (base64.b64encode(b"\x01").decode(), "zlib"),
        (base64.b64encode(b"\x01Bnot zlib").decode(), "zlib"),
        (base64.b64encode(b"\x01B" + zlib.compress(b"\x80")[:-2]).decode(), "whole"),
        (base64.b64encode(b"\x01B" + zlib.compress(b"\x80") + b"more").decode(), "whole"),
        (encoded_map("B", bytes(1 << 20)), "whole"),
        (encoded_map("B", bytes(1 << 14) + b"\x80"), "covers more than"),
        (encoded_map("R", b"\x80\x80\x80\x80\x01\x01"), "covers more than"),
        (encoded_map("R", b"\x03\x81"), "ends within"),
    ],
)
def test_the_error_says_why_the_text_is_not_a_map(text: str, reason: str) -> None:
    with pytest.raises(BadMapError, match=reason):
        settled_offsets(text, 100)
