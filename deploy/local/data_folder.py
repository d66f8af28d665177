"""The data folder, for this user alone: its lock, which one run can hold, and its secrets."""

import fcntl
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from delivery.away.vapid_keys import new_private_key
from deploy.local.paths import ROOT

_SECRET = "jwt-secret"  # noqa: S105 - the name of a file
_VAPID_KEY = "vapid-private-key"
_FOLDERS = ("kafka", "logs", "mongo")
#: A path with fewer parts, such as /var, is a folder of the machine.
_LEAST_DEPTH = 3


class FolderInUseError(Exception):
    """Another run uses this data folder. The message names that run, and the setting to change."""


def make_private(data: Path) -> None:
    """Create the data folder, and let only this user read its files.

    Only this user can read what this process and its children write from now on.
    """
    os.umask(0o077)
    data.mkdir(parents=True, exist_ok=True)
    if not _is_for_others(data):
        _close(data, 0o700)
    for name in _FOLDERS:
        _close(data / name, 0o700)
    for name in (_SECRET, _VAPID_KEY):
        _close(data / name, 0o600)


def _close(path: Path, mode: int) -> None:
    if path.exists() and path.stat().st_uid == os.getuid():
        path.chmod(mode)


def _is_for_others(data: Path) -> bool:
    """Return whether this folder also holds the files of other programs, like /tmp and /var."""
    path = data.resolve()
    others = (ROOT, Path(os.environ.get("HOME", ROOT)))
    is_above = any(other.is_relative_to(path) for other in others)
    return is_above or len(path.parts) < _LEAST_DEPTH or bool(path.stat().st_mode & stat.S_ISVTX)


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
    return _made_once(data / _SECRET, lambda: secrets.token_urlsafe(48))


def make_vapid_key(data: Path) -> str:
    """Return the private key for Web Push. The first call creates it, for this user only."""
    return _made_once(data / _VAPID_KEY, new_private_key)


def _made_once(path: Path, make: Callable[[], str]) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Write a draft and rename it, so that a concurrent reader finds a complete secret or none.
        draft = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(make())
        draft.replace(path)
    return path.read_text().strip()


def find_secret(data: Path) -> str | None:
    """Return the secret that signs tokens, or None before the first `make run`."""
    path = data / _SECRET
    return path.read_text().strip() if path.exists() else None
