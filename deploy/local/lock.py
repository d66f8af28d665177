"""One run at a time over one data folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FolderInUseError(Exception):
    """Another run has its data in this folder; the message names it and the setting."""


@contextmanager
def only_run(data: Path) -> Iterator[None]:
    """Hold the folder. The lock ends with the process, however that ends."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise FolderInUseError(
                f"another run (process {file.read().strip() or 'unknown'}) has its data in {data}; "
                "stop it, or set LOCAL_DATA to another folder"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
