"""The pair of keys for Web Push (RFC 8292), in URL-safe base64 without padding."""

from base64 import urlsafe_b64encode

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from producer_api.contract.push_keys import key_bytes

_KEY_BYTES = 32


def new_private_key() -> str:
    """Return a new private key."""
    key = ec.generate_private_key(ec.SECP256R1())
    return _text(key.private_numbers().private_value.to_bytes(_KEY_BYTES, "big"))


def public_key_of(private_key: str) -> str:
    """Return the public key, which browsers need to subscribe."""
    key = ec.derive_private_key(int.from_bytes(key_bytes(private_key), "big"), ec.SECP256R1())
    return _text(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _text(key: bytes) -> str:
    return urlsafe_b64encode(key).decode().rstrip("=")
