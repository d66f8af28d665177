"""The keys of Web Push, as browsers write them: URL-safe base64 without padding."""

import binascii
from base64 import urlsafe_b64decode

from cryptography.hazmat.primitives.asymmetric import ec

_AUTH_BYTES = 16


def key_bytes(text: str) -> bytes:
    """Return the bytes of a key. Raises `ValueError`."""
    try:
        return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, UnicodeError) as error:
        raise ValueError("must be URL-safe base64") from error


def check_public_key(text: str) -> str:
    """Return the public key. Raises `ValueError` if it is not a point on the curve P-256."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point := key_bytes(text))
    except ValueError as error:
        raise ValueError("must be a P-256 public key of 65 bytes in URL-safe base64") from error
    if len(point) != 65:  # noqa: PLR2004 - the compressed form has 33, which browsers do not use
        raise ValueError("must be a P-256 public key of 65 bytes in URL-safe base64")
    return text


def check_auth(text: str) -> str:
    """Return the shared secret. Raises `ValueError` unless it has 16 bytes."""
    if len(key_bytes(text)) != _AUTH_BYTES:
        raise ValueError(f"must have {_AUTH_BYTES} bytes, in URL-safe base64")
    return text
