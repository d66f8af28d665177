"""What JSON says that a Python value would not: refused, so that nothing is changed in silence."""

import json
from decimal import Decimal
from typing import Any

import orjson

_LEAST, _MOST = -(2**63), 2**64 - 1


class InexactError(ValueError):
    """The JSON has something that would not be kept as it is; the message says what."""


def loads(text: bytes) -> Any:
    """The value of this JSON. Raises `orjson.JSONDecodeError`, or `InexactError` where it has a
    name twice in one object, or a number that neither a 64-bit integer nor a double holds.
    """
    value = orjson.loads(text)
    # Most callers write JSON as compactly as orjson does: what comes out is what came in.
    if _written(value) != text:
        _check(text)
    return value


def _written(value: Any) -> bytes | None:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # it reads deeper than it writes
        return None


def _check(text: bytes) -> None:
    try:
        json.loads(text, object_pairs_hook=_names, parse_int=_integer, parse_float=_fraction)
    except RecursionError:
        raise InexactError("it is nested too deeply") from None


def _names(pairs: list[tuple[str, Any]]) -> None:
    seen = set()
    for name, _ in pairs:
        if name in seen:
            raise InexactError(f"the name {name!r} is there twice in one object")
        seen.add(name)


def _integer(digits: str) -> None:
    if len(digits) > len(str(_LEAST)) or not _LEAST <= int(digits) <= _MOST:
        raise InexactError(f"the number {digits[:40]} is beyond 64 bits; send it as a text")


def _fraction(digits: str) -> None:
    try:
        exact = Decimal(repr(float(digits))) == Decimal(digits)
    except ArithmeticError:  # an exponent beyond even this
        exact = False
    if not exact:
        raise InexactError(f"the number {digits[:40]} is finer than a double; send it as a text")
