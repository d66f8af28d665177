"""Idempotency keys: how a header is read, whose it is, and to which request it belongs."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

_CHARACTERS = 255
_PLAIN = re.compile(r"[\x20\x21\x23-\x7e][\x20-\x7e]*")
# A string of RFC 9651 (structured fields), as the draft of the IETF has it.
_QUOTED = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_ESCAPED = re.compile(r"\\(.)")


class MalformedKeyError(Exception):
    """The header `Idempotency-Key` cannot be one; the message says why, fit for the caller."""


@dataclass(frozen=True, slots=True)
class Key:
    """Names a request of a service, and tells it from others; no part can be read back."""

    id: str
    fingerprint: str


def read_key(header: str) -> str:
    """The key that this header names, with its quotes or without. Raises `MalformedKeyError`."""
    header = header.strip()
    quoted = _QUOTED.fullmatch(header)
    if quoted is None and not _PLAIN.fullmatch(header):
        raise MalformedKeyError("the idempotency key must be printable ASCII, or a quoted string")
    key = _ESCAPED.sub(r"\1", quoted[1]) if quoted else header
    if not 1 <= len(key) <= _CHARACTERS:
        raise MalformedKeyError(f"the idempotency key must have 1 to {_CHARACTERS} characters")
    return key


def key_of(service: str, key: str, route: str, body: bytes) -> Key:
    """This service's key, and the request it came with. Bodies that mean the same are the same."""
    # A key holds no NUL, so the last one parts the two.
    key_id = sha256(f"{service}\0{key}".encode()).hexdigest()
    fingerprint = sha256(route.encode() + b"\n" + _canonical(body)).hexdigest()
    return Key(key_id, fingerprint)


def _canonical(body: bytes) -> bytes:
    parsed: Any = orjson.loads(body)
    try:
        return orjson.dumps(parsed, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # deeper than orjson writes: such a body is told from others by its bytes
        return body
