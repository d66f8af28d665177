"""Signs tokens like those of an identity provider, with the secret that the programs share."""

import time

import jwt

from producer_api.contract.token_verifier import READ_SCOPE, REPEAT_SCOPE, WRITE_SCOPE


def shopper_token(secret: str, user_id: str, expires_at: int) -> str:
    """Return a shopper's token: `sub` is the user id. `expires_at` is in Unix seconds."""
    claims = {"sub": user_id, "iat": int(time.time()), "exp": expires_at}
    return jwt.encode(claims, secret, algorithm="HS256")


def visitor_token(secret: str, expires_at: int) -> str:
    """Return a token for the machine room. Its claim `demo` makes the page say that it is a demo.

    It allows reading, and pushing existing notifications again. The shop gives it to anyone, so it
    must not have the scope of services, which may create notifications for any user, and erase any
    user.
    `expires_at` is in Unix seconds.
    """
    claims = {
        "sub": "demo-visitor",
        "scope": f"{READ_SCOPE} {REPEAT_SCOPE}",
        "demo": True,
        "iat": int(time.time()),
        "exp": expires_at,
    }
    return jwt.encode(claims, secret, algorithm="HS256")


def service_token(secret: str, *, lifetime_seconds: int = 3600) -> str:
    """Return the shop's own token, with the scope to create notifications."""
    now = int(time.time())
    claims = {
        "sub": "demo-shop",
        "scope": WRITE_SCOPE,
        "iat": now,
        "exp": now + lifetime_seconds,
    }
    return jwt.encode(claims, secret, algorithm="HS256")
