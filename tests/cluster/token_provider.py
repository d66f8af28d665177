"""A token provider as an operator writes one: it signs tokens with the key in `TEST_TOKEN_KEY`."""

import os
import time
from pathlib import Path

import jwt


def token() -> tuple[str, float]:
    """Return a token of `TEST_TOKEN_SUBJECT` for `TEST_TOKEN_SECONDS`, and when it expires."""
    now = time.time()
    expires_at = now + float(os.environ["TEST_TOKEN_SECONDS"])
    claims = {"sub": os.environ["TEST_TOKEN_SUBJECT"], "aud": "kafka", "iss": "tests"}
    key = Path(os.environ["TEST_TOKEN_KEY"]).read_text()
    times = {"iat": now, "exp": expires_at}
    return jwt.encode({**claims, **times}, key, "RS256", headers={"kid": "tests"}), (
        expires_at * 1000
    )
