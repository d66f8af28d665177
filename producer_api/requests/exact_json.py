"""JSON parsing that refuses values that Python cannot keep exactly.

A caller's `data` is stored and pushed unchanged. Without these checks, duplicate names in an object
and numbers that a double cannot hold would be changed silently.
"""

import json
from decimal import Decimal
from typing import Any

import orjson

_MIN_INTEGER, _MAX_INTEGER = -(2**63), 2**64 - 1


class InexactError(ValueError):
    """The JSON has a value that cannot be kept exactly. The message names it."""


def loads(text: bytes) -> Any:
    """Parse JSON, and return its value.

    Raises `orjson.JSONDecodeError`. Raises `InexactError` for a name that occurs twice in one
    object, and for a number that fits neither in a 64-bit integer nor in a double.
    """
    value = orjson.loads(text)
    # Most callers write JSON as compactly as orjson does. If orjson writes the value as the same
    # text, parsing has lost nothing, and the slow check is not needed.
    if _dumps(value) != text:
        _check(text)
    return value


def _dumps(value: Any) -> bytes | None:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # orjson parses deeper nesting than it writes
        return None


def _check(text: bytes) -> None:
    try:
        json.loads(
            text,
            object_pairs_hook=_check_names,
            parse_int=_check_integer,
            parse_float=_check_fraction,
        )
    except RecursionError:
        raise InexactError("the JSON is nested too deeply") from None


def _check_names(pairs: list[tuple[str, Any]]) -> None:
    seen = set()
    for name, _ in pairs:
        if name in seen:
            raise InexactError(f"the name {name!r} occurs twice in one object")
        seen.add(name)


def _check_integer(digits: str) -> None:
    too_long = len(digits) > len(str(_MIN_INTEGER))  # do not convert thousands of digits
    if too_long or not _MIN_INTEGER <= int(digits) <= _MAX_INTEGER:
        raise InexactError(f"the number {digits[:40]} does not fit in 64 bits; send it as a string")


def _check_fraction(digits: str) -> None:
    try:
        exact = Decimal(repr(float(digits))) == Decimal(digits)
    except ArithmeticError:  # an exponent that even Decimal cannot hold
        exact = False
    if not exact:
        raise InexactError(
            f"the number {digits[:40]} has more digits than a double holds; send it as a string"
        )
