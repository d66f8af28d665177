"""Refuses JSON whose values Python cannot keep exactly.

A caller's `data` is stored and pushed unchanged. Without these checks, duplicate names in an object
and numbers that a double cannot hold would be changed silently.

The checks take about as long as parsing. So nobody can hold the event loop up with JSON that is
valid, but spelled in an unusual way.
"""

import json
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import orjson

_MIN_INTEGER, _MAX_INTEGER = -(2**63), 2**64 - 1
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_SPACE = b" \t\r\n"
_STRUCTURE_TO_COMMAS = bytes.maketrans(b"[]{}:", b",,,,,")
#: A number that a double keeps exactly: up to 15 digits, and far from the limits of the exponent.
_EXACT = re.compile(
    rb"-?(?=[0-9.]{1,16}(?![0-9.]))(?:[0-9]{1,15}|[0-9]+\.[0-9]+)"
    rb"(?:[eE][+-]?(?:[01]?[0-9]{1,2}|2[0-4][0-9]))?"
).fullmatch
_NUMBER_BEGINS = tuple(b"%c" % character for character in b"-0123456789")
_INTEGER = re.compile(rb"-?[0-9]+").fullmatch


class InexactError(ValueError):
    """The JSON has a value that cannot be kept exactly. The message names it."""


def check(text: bytes, value: Any) -> None:
    """Check that parsing the text has lost nothing of it. `value` is what orjson parsed from it.

    Raises `InexactError` for a name that occurs twice in one object, for a number that fits neither
    in a 64-bit integer nor in a double, and for very deep nesting.
    """
    try:
        written = orjson.dumps(value)
    except orjson.JSONEncodeError:  # orjson parses deeper nesting than it writes
        _find_repeated_name(text)
        _check_numbers(_tokens(_skeleton(text)))
        return
    # Most callers write JSON as compactly as orjson does. If orjson writes the value as the same
    # text, parsing has lost nothing.
    if written != text:
        _compare(text, written)


def _compare(text: bytes, written: bytes) -> None:
    """Check that both texts have the same names and numbers, in whatever notation."""
    given, kept = _skeleton(text), _skeleton(written)
    if given == kept:
        return
    if given.count(b":") != kept.count(b":"):
        _find_repeated_name(text)
    # A number that is spelled in the same way is the same.
    tokens = zip(_tokens(given), _tokens(kept), strict=True)
    _check_numbers(number for number, kept_number in tokens if number != kept_number)


def _check_numbers(tokens: Iterable[bytes]) -> None:
    for token in tokens:
        if token.startswith(_NUMBER_BEGINS) and not _EXACT(token):
            _check_number(token.decode())


def _skeleton(text: bytes) -> bytes:
    """Return the JSON without the contents of its strings, and without spaces."""
    return _STRING.sub(b'""', text).translate(None, _SPACE)


def _tokens(skeleton: bytes) -> list[bytes]:
    return skeleton.translate(_STRUCTURE_TO_COMMAS).split(b",")


def _find_repeated_name(text: bytes) -> None:
    try:
        json.loads(text, object_pairs_hook=_check_names, parse_int=str, parse_float=str)
    except RecursionError:
        raise InexactError("the JSON is nested too deeply") from None


def _check_names(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise InexactError(f"the name {next(_repeated(pairs))!r} occurs twice in one object")


def _repeated(pairs: list[tuple[str, Any]]) -> Iterator[str]:
    seen = set()
    for name, _ in pairs:
        if name in seen:
            yield name
        seen.add(name)


def _check_number(digits: str) -> None:
    if _INTEGER(digits.encode()):
        too_long = len(digits) > len(str(_MIN_INTEGER))  # do not convert thousands of digits
        if too_long or not _MIN_INTEGER <= int(digits) <= _MAX_INTEGER:
            raise InexactError(
                f"the number {digits[:40]} does not fit in 64 bits; send it as a string"
            )
        return
    try:
        exact = Decimal(repr(float(digits))) == Decimal(digits)
    except ArithmeticError:  # an exponent that even Decimal cannot hold
        exact = False
    if not exact:
        raise InexactError(
            f"the number {digits[:40]} has more digits than a double holds; send it as a string"
        )
