"""Ends a process that gets SIGTERM while it still starts.

Imports nothing that takes time: programs import this before anything else.
"""

import os
import signal

#: The status after a signal, see `runtime.lifecycle`.
_EXIT_STOPPED = 0


def end_at_sigterm() -> None:
    """Let SIGTERM end the process at once, until `runtime.lifecycle` handles it.

    The first process of a container has no default action: the kernel drops a signal that it does
    not handle. The imports of a program take seconds on a busy machine. An engine would wait for
    the end of its grace period meanwhile, and then kill the process.
    """
    signal.signal(signal.SIGTERM, _end)


def _end(_number: int, _frame: object) -> None:
    # Nothing is under way yet. An exception could be swallowed by what is being imported.
    os._exit(_EXIT_STOPPED)
