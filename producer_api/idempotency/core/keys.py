"""Reads idempotency keys from the header, and identifies requests by them."""

import re
from hashlib import sha256
from typing import Any

import orjson

from producer_api.intake.keyed_request import RequestKey

_MAX_CHARACTERS = 255
_PLAIN = re.compile(r"[\x20\x21\x23-\x7e][\x20-\x7e]*")
# A string as in RFC 9651 (structured fields). The IETF's draft on this header requires it.
_QUOTED = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_ESCAPED = re.compile(r"\\(.)")


class MalformedKeyError(Exception):
    """`Idempotency-Key` has no valid key. The message says why, and the caller sees it."""


def read_key(header: str) -> str:
    """Return the key in this header value, which may be quoted. Raises `MalformedKeyError`."""
    header = header.strip()
    quoted = _QUOTED.fullmatch(header)
    if quoted is None and not _PLAIN.fullmatch(header):
        raise MalformedKeyError("the idempotency key must be printable ASCII, or a quoted string")
    key = _ESCAPED.sub(r"\1", quoted[1]) if quoted else header
    if not 1 <= len(key) <= _MAX_CHARACTERS:
        raise MalformedKeyError(f"the idempotency key must have 1 to {_MAX_CHARACTERS} characters")
    return key


class Fingerprint:
    """Hashes the route and the canonical JSON of a request, piece by piece."""

    def __init__(self, route: str) -> None:
        self._route = route.encode() + b"\n"
        self._hash = sha256(self._route)

    def update(self, piece: bytes) -> None:
        """Add the next piece of the canonical JSON."""
        self._hash.update(piece)

    def restart(self, body: bytes) -> None:
        """Hash the original bytes instead. Call this if the body has no canonical JSON."""
        self._hash = sha256(self._route + body)

    def key_of(self, service: str, key: str) -> RequestKey:
        """Return the key that identifies this request of a service."""
        # A key cannot contain NUL, so the last NUL separates service and key.
        key_id = sha256(f"{service}\0{key}".encode()).hexdigest()
        return RequestKey(key_id, self._hash.hexdigest())


def key_of(service: str, key: str, route: str, body: bytes) -> RequestKey:
    """Return the key that identifies this request of a service.

    Bodies with equal JSON values have the same fingerprint.
    """
    fingerprint = Fingerprint(route)
    fingerprint.update(_canonical(body))
    return fingerprint.key_of(service, key)


def _canonical(body: bytes) -> bytes:
    parsed: Any = orjson.loads(body)
    try:
        return orjson.dumps(parsed, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # too deeply nested for orjson to write, so hash the original bytes
        return body
