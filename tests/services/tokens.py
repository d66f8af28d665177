"""Tokens for the tests."""

import time

import jwt

SECRET = "a secret of the tests, long enough for HS256"


def shopper_token(user: str, *, lifetime: float = 3600) -> str:
    """Return a shopper's token. The lifetime is in seconds; if negative, the token has expired."""
    return sign(SECRET, lifetime=lifetime, sub=user)


def service_token(*, name: str = "orders", lifetime: float = 3600) -> str:
    """Return a token for a service that may create notifications."""
    return sign(SECRET, lifetime=lifetime, sub=name, scope="notifications:write")


def reader_token() -> str:
    """Return a token for a program that only reads the state of the pipeline."""
    return sign(SECRET, sub="console", scope="notifications:read")


def sign(secret: str, *, lifetime: float = 3600, **claims: str) -> str:
    """Return a token with these claims, signed with this secret."""
    now = int(time.time())
    return jwt.encode({**claims, "iat": now, "exp": now + lifetime}, secret, algorithm="HS256")
