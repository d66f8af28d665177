"""How two instances prove to each other that they know `DELIVERY_PEER_SECRET`, without saying it.

Challenge and response, both ways: each side gives a random nonce, and proves itself by an HMAC
over both nonces and its own role. Nothing of it can be replayed, or sent back to where it came
from. A shopper's or a service's token means nothing here.
"""

import hmac
import secrets
from dataclasses import dataclass
from typing import Any

import orjson

PROTOCOL = 1
_NONCE_BYTES = 32


class HandshakeError(Exception):
    """The other side is no peer of ours; the message says why."""


@dataclass(frozen=True, slots=True)
class Hello:
    """What the accepting instance says first, and the dialling one answers."""

    nonce: str
    instance: str
    """Random, new at each start of a process."""
    address: str
    """Where the instance says it is reached."""


def hello(instance: str, address: str) -> Hello:
    """With a nonce of its own."""
    return Hello(secrets.token_hex(_NONCE_BYTES), instance, address)


def proof(secret: bytes, role: str, accepting: Hello, dialling: Hello) -> str:
    """What only who knows the secret can say in this role (`dial` or `accept`) just now."""
    parts = (
        role,
        accepting.nonce,
        accepting.instance,
        accepting.address,
        dialling.nonce,
        dialling.instance,
        dialling.address,
    )
    # As JSON, so that no two lists of parts read the same.
    return hmac.digest(secret, orjson.dumps(["delivery peer", PROTOCOL, *parts]), "sha256").hex()


def to_text(said: Hello, **more: str) -> str:
    """As it goes over the link."""
    fields = {"nonce": said.nonce, "instance": said.instance, "address": said.address}
    return orjson.dumps({"protocol": PROTOCOL, **fields, **more}).decode()


def from_text(text: str | bytes) -> tuple[Hello, str]:
    """What the other side said, and its proof if it gave one. Raises `HandshakeError`."""
    try:
        fields: dict[str, Any] = orjson.loads(text)
        said = Hello(fields["nonce"], fields["instance"], fields["address"])
        given = fields.get("proof", "")
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise HandshakeError("not the hello of a peer") from error
    if not all(isinstance(part, str) for part in (said.nonce, said.instance, said.address, given)):
        raise HandshakeError("not the hello of a peer")
    if fields.get("protocol") != PROTOCOL:
        raise HandshakeError(f"speaks another protocol: {fields.get('protocol')!r}")
    return said, given


def check(given: str, wanted: str) -> None:
    """Raises `HandshakeError` unless the proof is right."""
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        raise HandshakeError("a wrong proof: not the same DELIVERY_PEER_SECRET")
