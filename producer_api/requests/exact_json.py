"""Refuses JSON whose values Python or a browser cannot keep exactly.

A caller's `data` is stored and pushed unchanged, and parsed in browsers, whose only numbers are
doubles. Without these checks, duplicate names in an object would be dropped silently, and numbers
that a double cannot hold would be changed silently. For example, an order number of 17 digits could
become that of another order. So an integer must be one that JavaScript calls safe.

The checks take about as long as parsing, even for JSON that is valid, but written in an unusual
way. So nobody can block the event loop with such JSON.
"""

import json
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Never

import orjson

_MAX_INTEGER = 2**53 - 1
#: What a number of 16 digits becomes when its digits and its point are translated to zeros. Shorter
#: numbers are exact, and most texts have no longer ones. Translating a text and searching it for
#: this takes a tenth of the time of a regular expression.
_LONG_NUMBER = b"0" * 16
_DIGITS_TO_ZERO = bytes(ord("0") if byte in b"0123456789." else 0 for byte in range(256))
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
    """The JSON has a value that cannot be kept exactly. The message names it.

    `field` is the path of the value, such as `data.order_id`, if it is a number; otherwise empty.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def parse(text: bytes) -> Any:
    """Return the value of the JSON. Raises `orjson.JSONDecodeError` for a text that is not JSON.

    Raises `InexactError` for JSON with half of a surrogate pair, or with a number that is too large
    for a double: orjson parses neither.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if not _is_json(text):
            raise
        raise InexactError(f"the JSON cannot be kept: {error}") from error


def check(text: bytes, value: Any) -> None:
    """Check that nothing was lost when orjson parsed the text and returned `value`.

    Raises `InexactError` for a name that occurs twice in one object, for an integer beyond 53 bits,
    for another number that a double does not hold, and for very deep nesting.
    """
    try:
        _check(text, value)
    except _InexactNumberError as error:
        raise InexactError(str(error), _path_of(error.digits, text)) from error


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse_constant(name: str) -> Never:
    """Refuse `NaN` and `Infinity`, which only Python accepts."""
    raise ValueError(name)


class _InexactNumberError(ValueError):
    def __init__(self, digits: str, reason: str) -> None:
        super().__init__(f"the number {digits[:40]} {reason}; send it as a string")
        self.digits = digits


def _check(text: bytes, value: Any) -> None:
    try:
        written = orjson.dumps(value)
    except orjson.JSONEncodeError:  # orjson parses deeper nesting than it writes
        _find_repeated_name(text)
        _check_numbers(_tokens(_skeleton(text)))
        return
    # Most callers write JSON as orjson does, apart from spaces. If orjson writes the value as the
    # same text, parsing has lost nothing. Then only long integers remain to be checked, because
    # browsers may round them. Removing the spaces also changes strings, but not the numbers, and
    # not the count of names.
    if written != text and written.translate(None, _SPACE) != text.translate(None, _SPACE):
        _compare(text, written)
    if _LONG_NUMBER in text.translate(_DIGITS_TO_ZERO):
        _check_numbers(_tokens(_skeleton(text)))


def _compare(text: bytes, written: bytes) -> None:
    """Check that both texts have the same names and numbers, in whatever notation."""
    given, kept = _skeleton(text), _skeleton(written)
    if given == kept:
        return
    if given.count(b":") != kept.count(b":"):
        _find_repeated_name(text)
    # A number that is written in the same way in both texts was kept.
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
        too_long = len(digits) > len(str(-_MAX_INTEGER))  # do not convert thousands of digits
        if too_long or abs(int(digits)) > _MAX_INTEGER:
            raise _InexactNumberError(digits, f"is beyond {_MAX_INTEGER}, so browsers round it")
        return
    try:
        exact = Decimal(repr(float(digits))) == Decimal(digits)
    except ArithmeticError:  # an exponent that even Decimal cannot hold
        exact = False
    if not exact:
        raise _InexactNumberError(digits, "has more digits than a double holds")


class _Number(str):
    """A number, as it is written in the text."""

    __slots__ = ()


def _path_of(digits: str, text: bytes) -> str:
    """Return the path of the first number that is written like this."""
    try:
        value = json.loads(text, parse_int=_Number, parse_float=_Number)
    except RecursionError:
        return ""
    # Do not use recursion, because the text may be nested deeply.
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        path, inner = waiting.pop()
        if isinstance(inner, _Number) and inner == digits:
            return path
        children: Iterable[tuple[Any, Any]] = ()
        if isinstance(inner, dict):
            children = inner.items()
        elif isinstance(inner, list):
            children = enumerate(inner)
        waiting += reversed([(f"{path}.{name}".lstrip("."), child) for name, child in children])
    return ""
