"""The secret that signs tokens on this machine, unless AUTH_JWT_SECRET gives another."""

import os
import secrets
from pathlib import Path

_NAME = "jwt-secret"


def local_secret(data: Path) -> str:
    """The secret in this folder; made at the first call, readable by its owner alone."""
    path = data / _NAME
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        # Written aside and renamed: whoever reads it meanwhile finds all of it or nothing.
        fresh = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        fresh.replace(path)
    return path.read_text().strip()


def existing_secret(data: Path) -> str | None:
    """The secret in this folder, or None where `make run` has not made one yet."""
    path = data / _NAME
    return path.read_text().strip() if path.exists() else None
