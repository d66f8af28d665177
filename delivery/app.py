"""The composition root: what the delivery service is made of, and its life from start to end."""

import asyncio
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import socketio
import uvicorn

from delivery.consume.consumption import Consumption
from delivery.health import health_app
from delivery.inbox import Inbox
from delivery.push.catch_up import CatchUp
from delivery.push.deadlines import Deadlines
from delivery.push.owner import Owner
from delivery.settings import Settings
from delivery.settle.dead_letters import DeadLetters
from delivery.settle.delivered import DeliveredWriter
from delivery.settle.held import ask_after_held
from delivery.sockets.outgoing import Outgoing
from delivery.sockets.server import Connections, make_server
from delivery.sockets.sessions import Sessions
from delivery.sockets.websockets import Websockets
from producer_api.contract.tokens import TokenVerifier

_log = logging.getLogger(__name__)

_LAST_WRITES_SECONDS = 1.0
_GOODBYE_SECONDS = 2


class _Web(uvicorn.Server):
    """Uvicorn, but signals are ours: acks are awaited before the sockets are closed."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signal handlers as they are."""
        yield


async def serve(settings: Settings) -> None:
    """Deliver until SIGTERM or SIGINT. Raises what a part of it died of."""
    verifier = TokenVerifier(settings)
    inbox = Inbox(settings.mongo_url, settings.mongo_database)
    connections = Connections()
    server = make_server(connections, settings.cors_allowed_origins)
    outgoing = Outgoing(server)
    delivered = DeliveredWriter(inbox)
    catch_up = CatchUp(inbox)
    deadlines = Deadlines()
    dead_letters = DeadLetters(settings)
    owner = Owner(settings.rules, outgoing, delivered, catch_up, deadlines)
    sessions = Sessions(server, connections, verifier, owner, outgoing)
    consumption = Consumption(settings, owner, dead_letters, sessions)
    web = _web(settings, server, inbox, consumption)
    stop = _stop_signal()

    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(web.serve())
        background = [
            tasks.create_task(run)
            for run in (
                outgoing.run(),
                delivered.run(),
                catch_up.run(),
                deadlines.run(),
                dead_letters.run(),
                ask_after_held(inbox, owner),
            )
        ]
        consuming = tasks.create_task(consumption.run())
        await stop.wait()
        _log.info("stopping")
        await consumption.stop(consuming)  # while the sockets can still acknowledge
        web.should_exit = True
        await serving
        await _flush(delivered)
        for task in background:
            task.cancel()
    inbox.close()
    await verifier.close()
    _log.info("stopped")


async def _flush(delivered: DeliveredWriter) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_LAST_WRITES_SECONDS):
            await delivered.flush()


def _web(
    settings: Settings, server: socketio.AsyncServer, inbox: Inbox, consumption: Consumption
) -> _Web:
    health = health_app({"mongodb": inbox.ping, "kafka": consumption.check})
    config = uvicorn.Config(
        Websockets(socketio.ASGIApp(server, health)),
        host=settings.delivery_host,
        port=settings.delivery_port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=server.eio.max_http_buffer_size,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_GOODBYE_SECONDS,
    )
    return _Web(config)


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
