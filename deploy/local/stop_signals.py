"""SIGINT and SIGTERM for programs that `make` starts, perhaps in the background of a script.

A shell without job control starts background jobs with SIGINT ignored, and children inherit that.
If only `make` gets a SIGINT, it does not pass it on: it waits until its child has ended.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path

_SIGINT_BIT = 1 << (signal.SIGINT - 1)
_POLL_SECONDS = 0.2


def heed_interrupts() -> None:
    """Let SIGINT raise `KeyboardInterrupt`, even if it was ignored. Also watch `make` for a SIGINT.

    Call it in the main thread, before the work begins. If the parent is `make`, this process gets
    a SIGHUP once `make` has got a SIGINT, or has ended. A SIGINT would be wrong here: a terminal's
    Ctrl-C reaches both processes, and a second SIGINT asks this process to stop faster.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    parent = os.getppid()
    if not _is_make(parent):
        return
    if _mask(parent, "SigIgn") & _SIGINT_BIT:
        sys.stderr.write(
            f"make was started in the background, where it ignores SIGINT. To stop, send SIGTERM "
            f"to make ({parent}), or SIGINT or SIGTERM to process {os.getpid()}.\n"
        )
        sys.stderr.flush()
    threading.Thread(
        target=_follow, args=(parent, _mask(parent, "SigCgt")), name="follow make", daemon=True
    ).start()


def _follow(make: int, caught: int) -> None:
    """Send this process a SIGHUP once `make` has ended, or handles a SIGINT.

    While `make` handles a SIGINT, the SIGINT bit in its mask of caught signals is different.
    """
    while os.getppid() == make and _mask(make, "SigCgt") & _SIGINT_BIT == caught & _SIGINT_BIT:
        time.sleep(_POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGHUP)


def _is_make(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() in {"make", "gmake"}
    except OSError:
        return False


def _mask(pid: int, name: str) -> int:
    """Return this signal mask of a process (see proc(5)); 0 if the process has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1], 16) for line in lines if line.startswith(f"{name}:"))
