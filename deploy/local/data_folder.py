"""The data folder's lock, which only one run can hold, and its secret, which signs tokens."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SECRET = "jwt-secret"  # noqa: S105 - the name of a file


class FolderInUseError(Exception):
    """Another run uses this data folder. The message names that run, and the setting to change."""


@contextmanager
def only_run(data: Path) -> Iterator[None]:
    """Lock the folder against other runs. The lock is released even if the process is killed.

    Raises `FolderInUseError` if another run has the lock.
    """
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise FolderInUseError(
                f"another run (process {file.read().strip() or 'unknown'}) uses {data}; "
                "stop it, or set LOCAL_DATA to another folder"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def make_secret(data: Path) -> str:
    """Return the secret that signs tokens. The first call creates it, for this user only."""
    path = data / _SECRET
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        # Write a draft and rename it, so that a concurrent reader finds a complete secret or none.
        draft = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        draft.replace(path)
    return path.read_text().strip()


def find_secret(data: Path) -> str | None:
    """Return the secret that signs tokens, or None before the first `make run`."""
    path = data / _SECRET
    return path.read_text().strip() if path.exists() else None
