"""Encrypts push messages for one browser (RFC 8291), and signs for its push service (RFC 8292)."""

import time
from base64 import urlsafe_b64decode
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from producer_api.contract.push_subscription import PushSubscription

#: RFC 8292 allows a day. Half of it is safe even if a push service's clock differs from this one.
_TOKEN_SECONDS = 12 * 3600
_REUSED_SECONDS = 6 * 3600
_MOST_ORIGINS = 1_000


def encrypted(payload: bytes, subscription: PushSubscription) -> bytes:
    """Return the payload so that only the subscribed browser can read it.

    Raises `ValueError` if the subscription's keys are malformed.
    """
    message: bytes = http_ece.encrypt(
        payload,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=_bytes(subscription["p256dh"]),
        auth_secret=_bytes(subscription["auth"]),
        version="aes128gcm",
    )
    return message


class Vapid:
    """Signs calls with the application's key. Owns the signed tokens, which it uses again."""

    def __init__(self, private_key: str, subject: str) -> None:
        self._vapid = Vapid02.from_string(private_key)
        self._subject = subject
        self._tokens: dict[str, tuple[float, str]] = {}

    def authorization(self, endpoint: str) -> str:
        """Return the `Authorization` header for the endpoint.

        Reuses a header for hours, because push services cache the result of checking it.
        """
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(endpoint))
        now = time.time()
        made_at, header = self._tokens.get(origin, (0.0, ""))
        # If the clock was set back since, the token may expire too late for the push service.
        if not 0 <= now - made_at <= _REUSED_SECONDS:
            if len(self._tokens) >= _MOST_ORIGINS:
                self._tokens.clear()
            claims = {"aud": origin, "exp": int(now) + _TOKEN_SECONDS, "sub": self._subject}
            header = self._vapid.sign(claims)["Authorization"]
            self._tokens[origin] = now, header
        return header


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
