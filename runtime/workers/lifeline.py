"""Ends a worker whose parent is gone, however the parent died, and whatever the worker does."""

import os
import signal
import threading

from runtime.last_resort import LastResort

#: Longer than a worker needs to stop cleanly.
_STOP_SECONDS = 13.0


def hold(descriptor: int, seconds: float = _STOP_SECONDS) -> None:
    """Stop this process once the parent has gone: by SIGTERM, and by force after `seconds`.

    A thread waits for the parent's end, because the event loop may hang when the parent dies.
    """
    arguments = descriptor, LastResort(seconds)
    threading.Thread(target=_wait, args=arguments, name="lifeline", daemon=True).start()


def _wait(descriptor: int, last_resort: LastResort) -> None:
    # Nobody writes into the pipe. So `read` returns only when the other end is closed.
    os.read(descriptor, 1)
    last_resort.begin()
    os.kill(os.getpid(), signal.SIGTERM)
