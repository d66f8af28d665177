"""Ends a process that gets SIGTERM while it is still starting.

Imports nothing that takes time: programs import this before anything else.
"""

import os
import signal

#: The exit status after a signal, see `runtime.lifecycle`.
_EXIT_STOPPED = 0


def end_at_sigterm() -> None:
    """Let SIGTERM end the process at once, until `runtime.lifecycle` handles it.

    For the first process of a container, signals have no default action: the kernel drops each
    signal that this process does not handle. The imports of a program take seconds on a busy
    machine. If SIGTERM were dropped meanwhile, the container engine would wait until its grace
    period ends, and then kill the process.
    """
    signal.signal(signal.SIGTERM, _end)


def _end(_number: int, _frame: object) -> None:
    # End at once, because no work is under way yet. Do not raise an exception instead: a module
    # that is being imported could swallow it.
    os._exit(_EXIT_STOPPED)
