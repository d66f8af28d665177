"""The HTTP server of a program: uvicorn, with the options and limits that all programs share."""

import asyncio
import logging
import resource
import socket
import ssl
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from runtime.bounded_http import BoundedHttp
from runtime.http_bounds import Bounds, WaitingConnections, most_waiting
from runtime.paced_calls import PacedCalls
from runtime.workers.acceptor import Acceptor
from runtime.workers.balance import Balance
from runtime.workers.worker import Worker

_log = logging.getLogger(__name__)

#: How long an idle connection stays open. Clients usually close theirs after 5 s, and load
#: balancers after 60 s. The server must wait longer than both. Otherwise, a client might send a
#: request on a connection that the server is closing.
IDLE_SECONDS = 75
_BOUNDS = Bounds()
#: Headers of all answers, even of those to requests that are not HTTP. Answers show the data of one
#: user, or the state of the moment, so no cache may keep them.
_HEADERS = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]


class HttpServer(uvicorn.Server):
    """A uvicorn server that bounds its clients, and leaves signals to the process.

    Uvicorn's own signal handlers close the sockets at once, and raise the signal again before the
    program has flushed its last writes. Here `runtime.lifecycle` decides when the server stops.
    """

    def __init__(
        self,
        app: Any,
        host: str,
        port: int,
        bounds: Bounds = _BOUNDS,
        more_ports: Mapping[int, ssl.SSLContext | None] | None = None,
        worker: Worker | None = None,
        **options: Any,
    ) -> None:
        """Configure the server, which listens on all these ports once `serve` runs.

        A port of `more_ports` that has a context serves TLS. If this process is a `worker`, the
        server binds no `port`, but accepts from the sockets on which the parent listens. Passes
        `options` to `uvicorn.Config`.
        """
        self._more_ports = more_ports or {}
        self._worker = worker
        self._balance: Balance | None = None
        if worker is not None:
            self._balance = Balance(worker.memory, worker.number, self._count)
        logging.getLogger("uvicorn.error").addFilter(_without_cancellations)
        open_files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        waiting = WaitingConnections(most_waiting(bounds, open_files))
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                http=partial(  # type: ignore[arg-type]
                    BoundedHttp, bounds=bounds, waiting=waiting, paced=PacedCalls()
                ),
                headers=_HEADERS,
                log_config=None,
                access_log=False,
                timeout_keep_alive=IDLE_SECONDS,
                **options,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen. Exits the process if a port is taken, as uvicorn does."""
        await super().startup([] if self._worker else sockets)
        config = self.config
        connection: Any = config.http_protocol_class
        protocol = partial(
            connection,
            config=config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        if self._worker is not None and self._balance is not None:
            is_ahead = self._balance.is_ahead
            self.servers += [
                Acceptor(listener, protocol, is_ahead)  # type: ignore[misc]
                for listener in self._worker.listeners
            ]
        for port, context in self._more_ports.items():
            try:
                server = await asyncio.get_running_loop().create_server(
                    protocol, config.host, port, ssl=context
                )
            except OSError as error:
                _log.error("port not available", extra={"port": port, "cause": str(error)})
                sys.exit(STARTUP_FAILURE)
            self.servers.append(server)
            self._log_started_message(server.sockets)

    async def on_tick(self, counter: int) -> bool:
        """Write the number of connections for the other workers, ten times a second."""
        if self._balance is not None:
            self._balance.publish()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Leave new connections to the other workers, and answer this worker's open requests."""
        if self._balance is not None:
            self._balance.withdraw()
        await super().shutdown(sockets)

    def _count(self) -> int:
        return len(self.server_state.connections)

    def _log_started_message(self, listeners: Sequence[socket.SocketType]) -> None:
        addresses = [":".join(map(str, each.getsockname()[:2])) for each in listeners]
        _log.info("listening", extra={"addresses": addresses})

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signal handlers as they are."""
        yield


def _without_cancellations(record: logging.LogRecord) -> bool:
    """Return whether to log this record. Leaves out requests that a stopping server cancels."""
    if str(record.msg).startswith("Cancel "):
        # Uvicorn logs the number of requests that outlast the grace period as an error. Make it a
        # warning, because slow clients cause such requests, and repeat them.
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))
