"""The auditor's reading of the map, on maps put together by hand."""

import base64
import zlib

import pytest

from tests.auditor.scene import a_map
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
        # 300 unsettled, in two bytes of seven bits each, low ones first; then two settled.
        ("R", b"\xac\x02\x02", [400, 401]),
    ],
)
def test_reads_both_kinds(kind: str, body: bytes, offsets: list[int]) -> None:
    assert settled_offsets(a_map(kind, body), 100) == offsets


def test_no_metadata_is_an_empty_map() -> None:
    assert settled_offsets("", 100) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("not base64!", "base64"),
        ("ñ", "base64"),
        (a_map("B", b"\x80", version=2), "version 02"),
        (a_map("X", b"\x80"), "kind"),
        (base64.b64encode(b"\x01").decode(), "zlib"),
        (base64.b64encode(b"\x01Bnot zlib").decode(), "zlib"),
        (base64.b64encode(b"\x01B" + zlib.compress(b"\x80")[:-2]).decode(), "whole"),
        (base64.b64encode(b"\x01B" + zlib.compress(b"\x80") + b"more").decode(), "whole"),
        (a_map("B", bytes(1 << 20)), "whole"),
        (a_map("B", bytes(1 << 14) + b"\x80"), "more offsets"),
        (a_map("R", b"\x80\x80\x80\x80\x01\x01"), "more offsets"),
        (a_map("R", b"\x03\x81"), "cut short"),
    ],
)
def test_says_why_it_is_no_map(text: str, reason: str) -> None:
    with pytest.raises(BadMapError, match=reason):
        settled_offsets(text, 100)
