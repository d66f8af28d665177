"""The handshake in which two instances prove to each other that they know `DELIVERY_PEER_SECRET`.

Each side sends a random nonce, and then an HMAC over both nonces and its own role. The nonces keep
a message from being replayed, and the role keeps it from being reflected to its sender. The secret
is never sent. Tokens of shoppers or services are not accepted.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

PROTOCOL = 1
_NONCE_BYTES = 32
_MAX_PROOFS = 4


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


def to_text(greeting: Hello, proofs: Sequence[str] = ()) -> str:
    """Return the hello, with the proofs if there are any, as the text of a message."""
    fields: dict[str, Any] = {
        "nonce": greeting.nonce,
        "instance": greeting.instance,
        "address": greeting.address,
    }
    if proofs:
        # Instances of an earlier version read only the first proof.
        fields |= {"proof": proofs[0], "other_proofs": proofs[1:]}
    return orjson.dumps({"protocol": PROTOCOL, **fields}).decode()


def from_text(text: str | bytes) -> tuple[Hello, list[str]]:
    """Parse a hello and its proofs. Raises `HandshakeError`."""
    try:
        fields: dict[str, Any] = orjson.loads(text)
        greeting = Hello(fields["nonce"], fields["instance"], fields["address"])
        proofs = [fields["proof"], *fields.get("other_proofs", ())] if "proof" in fields else []
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise HandshakeError("the message is not the hello of a peer") from error
    parts = (greeting.nonce, greeting.instance, greeting.address, *proofs)
    if len(proofs) > _MAX_PROOFS or not all(isinstance(part, str) for part in parts):
        raise HandshakeError("the message is not the hello of a peer")
    if fields.get("protocol") != PROTOCOL:
        raise HandshakeError(
            f"protocol is {fields.get('protocol')!r}, not {PROTOCOL}: run compatible versions"
        )
    return greeting, proofs


def matching(received: Sequence[str], expected: Sequence[str]) -> int:
    """Return the position of the first expected proof that was received.

    Raises `HandshakeError` if none was.
    """
    for number, right in enumerate(expected):
        if any(hmac.compare_digest(text.encode(), right.encode()) for text in received):
            return number
    raise HandshakeError("the proof is wrong: give all instances the same DELIVERY_PEER_SECRET")
