"""The composition root: what the delivery service is made of, and its life from start to end."""

import asyncio
import logging
import secrets
import signal
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial

import socketio
import uvicorn
from prometheus_client import REGISTRY
from starlette.applications import Starlette

from delivery import metrics
from delivery.chores.backlog import watch_backlog
from delivery.chores.held import ask_after_held
from delivery.chores.left_receipts import LeftReceipts
from delivery.consume.consumption import Consumption
from delivery.consume.settling import Settling
from delivery.dead_letters.sender import DeadLetters
from delivery.delivered.writer import DeliveredWriter
from delivery.gauges import PartitionGauges
from delivery.health import health_app
from delivery.inbox import Inbox
from delivery.peers.accept import PeerServer
from delivery.peers.credentials import Credentials
from delivery.peers.links import PeerLinks
from delivery.peers.own_link import OwnLink
from delivery.push.catch_up import CatchUp
from delivery.push.deadlines import Deadlines
from delivery.push.owner import Owner
from delivery.push.routes import Routes
from delivery.push.spans import PushSpans
from delivery.push.subscribers import Subscribers
from delivery.receipts.owed import COLLECTION as OWED_RECEIPTS
from delivery.receipts.owed import OwedReceipts
from delivery.receipts.queue import Receipts
from delivery.receipts.writer import ReceiptLog
from delivery.settings import Settings
from delivery.sockets.door import Door
from delivery.sockets.edge import Edge
from delivery.sockets.outgoing import Outgoing
from delivery.sockets.server import Connections, make_server
from delivery.sockets.sessions import Sessions
from delivery.sockets.websockets import Websockets
from producer_api.contract.settings import IDLE_SECONDS
from producer_api.contract.tokens import TokenVerifier
from runtime.loop_watch import LoopWatch
from runtime.tracing import Tracing

_log = logging.getLogger(__name__)

#: Of the time to drain: the rest is the partitions'.
_SHARE_OF_SOCKETS = 0.7
_LAST_WRITES_SECONDS = 1.0
_GOODBYE_SECONDS = 2


class _Web(uvicorn.Server):
    """Uvicorn, but signals are ours: acks are awaited before the sockets are closed."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signal handlers as they are."""
        yield


@dataclass(frozen=True, slots=True)
class _Service:
    verifier: TokenVerifier
    tracing: Tracing
    inbox: Inbox
    delivered: DeliveredWriter
    receipts: Receipts
    edge: Edge
    sessions: Sessions
    consumption: Consumption
    web: _Web
    background: Sequence[Callable[[], Coroutine[None, None, None]]]
    """What runs from start to end."""


async def serve(settings: Settings) -> None:
    """Deliver until SIGTERM or SIGINT. Raises what a part of it died of."""
    service = _wired(settings)
    stop = _stop_signal()
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(service.web.serve())
        background = [tasks.create_task(run()) for run in service.background]
        consuming = tasks.create_task(service.consumption.run())
        await stop.wait()
        _log.info("stopping")
        await _drain(service, consuming, settings.delivery_drain_seconds)
        service.web.should_exit = True
        await serving
        await _flush(service)
        for task in background:
            task.cancel()
    service.inbox.close()
    await service.verifier.close()
    await service.tracing.close()
    _log.info("stopped")


async def _drain(service: _Service, consuming: asyncio.Task[None], seconds: float) -> None:
    """First our clients go elsewhere, then the partitions do, while peers can still ack."""
    service.sessions.close()
    await service.edge.drain(seconds * _SHARE_OF_SOCKETS)
    await service.consumption.stop(consuming, seconds * (1 - _SHARE_OF_SOCKETS))


def _wired(settings: Settings) -> _Service:
    inbox = Inbox(settings.mongo_url, settings.mongo_database)
    connections = Connections()
    server = make_server(connections, settings.cors_allowed_origins)
    outgoing = Outgoing(server)
    receipts = Receipts()
    owed_receipts = OwedReceipts(inbox.database[OWED_RECEIPTS], settings.advertised_url)
    delivered = DeliveredWriter(inbox, owed_receipts, receipts)
    catch_up = CatchUp(inbox)
    deadlines = Deadlines()
    dead_letters = DeadLetters(settings, inbox, receipts)
    subscribers = Subscribers()
    tracing = Tracing.configured("delivery")
    routes = Routes(PushSpans(tracing, settings.advertised_url).around if tracing.is_on else None)
    owner = Owner(settings.rules, subscribers, routes, delivered, receipts, catch_up, deadlines)
    edge = Edge(outgoing, delivered)
    credentials = Credentials(settings.advertised_url, secrets.token_hex(8), settings.peer_secret)
    links = PeerLinks(OwnLink(owner, subscribers, routes, edge), credentials, edge)
    edge.links = links
    peers = PeerServer(credentials, owner, subscribers, routes)
    verifier = TokenVerifier(settings)
    sessions = Sessions(server, connections, verifier, edge, outgoing)
    settling = Settling(delivered, receipts, dead_letters)
    consumption = Consumption(settings, owner, subscribers, edge, settling, traced=tracing.is_on)
    gauges = PartitionGauges(owner, consumption)
    REGISTRY.register(gauges)
    checks = {"mongodb": inbox.ping, "kafka": consumption.check, "sockets": sessions.check}
    return _Service(
        verifier,
        tracing,
        inbox,
        delivered,
        receipts,
        edge,
        sessions,
        consumption,
        web=_web(settings, server, sessions, health_app(checks, peers.route)),
        background=(
            outgoing.run,
            links.run,
            edge.run,
            delivered.run,
            catch_up.run,
            deadlines.run,
            dead_letters.run,
            ReceiptLog(settings, inbox, receipts).run,
            owed_receipts.run,
            LeftReceipts(owner, subscribers, inbox, owed_receipts, receipts).run,
            partial(ask_after_held, inbox, owner),
            partial(watch_backlog, inbox, owner, subscribers, gauges),
            LoopWatch(metrics.LOOP_LAG).run,
        ),
    )


async def _flush(service: _Service) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_LAST_WRITES_SECONDS):
            await service.delivered.flush()
    await service.receipts.confirmed(_LAST_WRITES_SECONDS)


def _web(
    settings: Settings, server: socketio.AsyncServer, sessions: Sessions, others: Starlette
) -> _Web:
    config = uvicorn.Config(
        Door(Websockets(socketio.ASGIApp(server, others)), sessions.is_open),
        host=settings.delivery_host,
        port=settings.delivery_port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=server.eio.max_http_buffer_size,
        log_config=None,
        access_log=False,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=_GOODBYE_SECONDS,
    )
    return _Web(config)


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
