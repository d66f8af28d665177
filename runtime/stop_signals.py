"""SIGTERM and SIGINT as an event that the process can await.

`runtime.lifecycle` stops the program when the event is set.
"""

import asyncio
import signal
from types import TracebackType
from typing import Self

from runtime.http_server import HttpServer

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopSignals:
    """A context manager that handles both signals, and restores the default handlers on exit.

    The first signal sets `arrived`. A second SIGINT, for example from Ctrl-C, makes the server
    drop its open connections instead of waiting for them.
    """

    def __init__(self, server: HttpServer) -> None:
        self.arrived = asyncio.Event()
        self._server = server

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._handle, number)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)

    def _handle(self, number: signal.Signals) -> None:
        if self.arrived.is_set() and number == signal.SIGINT:
            self._server.force_exit = True
        self.arrived.set()
