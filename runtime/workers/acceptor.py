"""Accepts the connections of a listening socket that all workers share."""

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress

_log = logging.getLogger(__name__)

#: How long a worker that has more connections than another lets the others go first.
_POLITE_SECONDS = 0.002
#: How long to wait after an error, which is usually that too many files are open.
_ERROR_SECONDS = 1.0
_CLOSED = -1


class Acceptor:
    """Owns a worker's copy of the listening socket, and a task for each connection that begins.

    For a new connection, the kernel wakes all idle workers, and the first one to accept gets the
    connection. So a worker that is busy or hangs gets none. If a worker accepted all waiting
    connections at once, it would have them until their clients close them. So each worker accepts
    one at a time, and a worker that has more open connections than another first waits a moment.

    `is_ahead` says whether this worker has more connections than another. Its argument is the
    number of accepted connections that have not begun yet.
    """

    def __init__(
        self,
        listener: socket.socket,
        make: Callable[[], asyncio.Protocol],
        is_ahead: Callable[[int], bool],
        polite_seconds: float = _POLITE_SECONDS,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._listener = listener
        self._make = make
        self._is_ahead = is_ahead
        self._polite_seconds = polite_seconds
        self._beginning: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._has_waited = False
        listener.setblocking(False)
        self._loop.add_reader(listener, self._on_connection)

    def close(self) -> None:
        """Accept no more. The other workers get the waiting connections. May be called again."""
        if self._listener.fileno() != _CLOSED:
            self._pause()
            self._listener.close()

    async def wait_closed(self) -> None:
        """Wait until the accepted connections have begun."""
        if self._beginning:
            await asyncio.wait(self._beginning)

    def _on_connection(self) -> None:
        if self._is_ahead(len(self._beginning)) and not self._has_waited:
            self._has_waited = True
            self._accept_again_after(self._polite_seconds)
            return
        self._has_waited = False
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # another worker was faster, or the client has gone
        except OSError as error:
            _log.warning("connections not accepted", extra={"cause": str(error)})
            self._accept_again_after(_ERROR_SECONDS)
            return
        task = self._loop.create_task(self._begin(connection), name="new connection")
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)

    async def _begin(self, connection: socket.socket) -> None:
        with suppress(OSError):  # the client has gone
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.connect_accepted_socket(self._make, connection)

    def _accept_again_after(self, seconds: float) -> None:
        self._pause()
        self._timer = self._loop.call_later(seconds, self._accept_again)

    def _accept_again(self) -> None:
        self._timer = None
        self._loop.add_reader(self._listener, self._on_connection)

    def _pause(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        else:
            self._loop.remove_reader(self._listener)
