"""A token provider such as an operator's. It signs tokens with the key in `TEST_TOKEN_KEY`."""

import os
import time
from pathlib import Path

import jwt


def token() -> tuple[str, float]:
    """Return a token of `TEST_TOKEN_SUBJECT` for `TEST_TOKEN_SECONDS`, and when it expires.

    Notes the subject in the file `TEST_TOKEN_LOG`, if it is set.
    """
    subject = os.environ["TEST_TOKEN_SUBJECT"]
    if log := os.environ.get("TEST_TOKEN_LOG"):
        with Path(log).open("a") as file:
            file.write(f"{subject}\n")
    now = time.time()
    expires_at = now + float(os.environ["TEST_TOKEN_SECONDS"])
    audience = os.environ.get("TEST_TOKEN_AUDIENCE", "kafka")
    claims = {"sub": subject, "aud": audience, "iss": "tests", "iat": now, "exp": expires_at}
    key = Path(os.environ["TEST_TOKEN_KEY"]).read_text()
    signed = jwt.encode(claims, key, "RS256", headers={"kid": "tests"})
    return signed, expires_at * 1000
