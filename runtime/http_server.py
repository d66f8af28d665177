"""The HTTP server of a program: uvicorn, with the options that all programs share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

#: How long an idle connection stays open. Clients usually close one after 5 s, and load balancers
#: after 60 s. The server must wait longer than both. Otherwise, a client might send a request on a
#: connection that the server is closing.
IDLE_SECONDS = 75


class HttpServer(uvicorn.Server):
    """A uvicorn server that leaves signals to the process.

    Uvicorn's own signal handlers close the sockets at once, and raise the signal again before the
    program has flushed its last writes. Here `runtime.lifecycle` decides when the server stops.
    """

    def __init__(self, app: Any, host: str, port: int, **options: Any) -> None:
        """Configure the server, which listens once `serve` runs.

        Passes `options` to `uvicorn.Config`.
        """
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                timeout_keep_alive=IDLE_SECONDS,
                **options,
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signal handlers as they are."""
        yield
