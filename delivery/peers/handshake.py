"""The handshake in which two instances prove to each other that they know `DELIVERY_PEER_SECRET`.

Each side sends a random nonce, and then an HMAC over both nonces and its own role. The nonces keep
a message from being replayed, and the role keeps it from being reflected to its sender. The secret
is never sent. Tokens of shoppers or services are not accepted.
"""

import hmac
import secrets
from dataclasses import dataclass
from typing import Any

import orjson

PROTOCOL = 1
_NONCE_BYTES = 32


class HandshakeError(Exception):
    """The other side is not a peer of this instance; the message says why."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message of the accepting instance, and the reply of the dialling one."""

    nonce: str
    instance: str
    """A random id, which is new each time the process starts."""
    address: str
    """The address that the instance advertises to its peers."""


def hello(instance: str, address: str) -> Hello:
    """Return a hello with a new nonce."""
    return Hello(secrets.token_hex(_NONCE_BYTES), instance, address)


def proof(secret: bytes, role: str, accepting: Hello, dialling: Hello) -> str:
    """Return the proof for this role, `dial` or `accept`. Only a peer can compute it."""
    parts = (
        role,
        accepting.nonce,
        accepting.instance,
        accepting.address,
        dialling.nonce,
        dialling.instance,
        dialling.address,
    )
    # Use JSON, so that two different lists of parts never give the same text.
    return hmac.digest(secret, orjson.dumps(["delivery peer", PROTOCOL, *parts]), "sha256").hex()


def to_text(greeting: Hello, **proofs: str) -> str:
    """Return the hello, with a proof if one is given, as the text of a message."""
    fields = {"nonce": greeting.nonce, "instance": greeting.instance, "address": greeting.address}
    return orjson.dumps({"protocol": PROTOCOL, **fields, **proofs}).decode()


def from_text(text: str | bytes) -> tuple[Hello, str]:
    """Parse a hello and its proof, which is "" if absent. Raises `HandshakeError`."""
    try:
        fields: dict[str, Any] = orjson.loads(text)
        greeting = Hello(fields["nonce"], fields["instance"], fields["address"])
        received_proof = fields.get("proof", "")
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise HandshakeError("the message is not the hello of a peer") from error
    parts = (greeting.nonce, greeting.instance, greeting.address, received_proof)
    if not all(isinstance(part, str) for part in parts):
        raise HandshakeError("the message is not the hello of a peer")
    if fields.get("protocol") != PROTOCOL:
        raise HandshakeError(
            f"protocol is {fields.get('protocol')!r}, not {PROTOCOL}: run compatible versions"
        )
    return greeting, received_proof


def check(received: str, expected: str) -> None:
    """Check the proof. Raises `HandshakeError` if it is wrong."""
    if not hmac.compare_digest(received.encode(), expected.encode()):
        raise HandshakeError("the proof is wrong: give all instances the same DELIVERY_PEER_SECRET")
