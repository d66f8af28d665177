"""The HTTP server, and the process's life: from start to the end of either half."""

import asyncio
import gc
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import uvicorn

from producer_api.app import build
from producer_api.contract.settings import IDLE_SECONDS
from producer_api.middleware.bounded_http import BoundedHttp
from producer_api.settings import Settings

_log = logging.getLogger(__name__)

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
# Together below the 10 s that a supervisor usually grants before it kills.
_GRACE_SECONDS = 5
_BACKGROUND_STOP_SECONDS = 4.0
_COLLECT_AFTER = 10_000


class Server(uvicorn.Server):
    """uvicorn, but a signal only begins the shut-down: its own re-raises it before we are done."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop gracefully on SIGTERM and SIGINT."""
        loop = asyncio.get_running_loop()
        for number in _STOP_SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in _STOP_SIGNALS:
                loop.remove_signal_handler(number)


async def serve(settings: Settings) -> int:
    """Serve until told to stop; answers the exit status (1: something died unexpectedly).

    The server stops first, so that creates under way are finished; then the work behind it.
    """
    program = build(settings)
    _collect_less()
    seconds = settings.producer_api_arrival_timeout_seconds
    http_protocol = partial(BoundedHttp, seconds=seconds)
    server = Server(
        uvicorn.Config(
            program.api,
            host=settings.producer_api_host,
            port=settings.producer_api_port,
            http=http_protocol,  # type: ignore[arg-type] # a factory will do
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )
    background = asyncio.create_task(program.run(), name="background")
    serving = asyncio.create_task(server.serve(), name="server")
    await asyncio.wait((background, serving), return_when=asyncio.FIRST_COMPLETED)
    died = background.done()
    if died:
        _log.critical("a background task died; the program ends", exc_info=background.exception())
        server.should_exit = True
    await serving
    background.cancel()
    await asyncio.wait((background,), timeout=_BACKGROUND_STOP_SECONDS)
    return int(died or not server.started)


def _collect_less() -> None:
    """Keep the collector from walking through all that was built, again and again: each request
    under way leaves it enough new objects to want to.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 10, 10)
