"""The composition root: wires the parts of the delivery service, and stops them in order."""

import asyncio
import secrets
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import socketio
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.types import ASGIApp

from delivery import metrics
from delivery.chores.inbox_backlog import InboxBacklog
from delivery.chores.receipt_recovery import ReceiptRecovery
from delivery.chores.release_held import release_held
from delivery.chores.remove_gone import remove_gone
from delivery.chores.set_aside_blocked import set_aside_blocked
from delivery.chores.settle_absent import settle_absent
from delivery.consume.group_member import GroupMember
from delivery.consume.map_followers import MapFollowers
from delivery.consume.stopped_notes import COLLECTION as STOPPED_PARTITIONS
from delivery.consume.stopped_notes import StoppedNotes
from delivery.consume.writers import Writers
from delivery.dead_letters.sender import DeadLetters
from delivery.delivered.writer import DeliveredWriter
from delivery.gauges import PartitionGauges
from delivery.health import health_app
from delivery.inbox import Inbox
from delivery.peers.credentials import Credentials
from delivery.peers.links import PeerLinks
from delivery.peers.own_link import OwnLink
from delivery.peers.peer_port import PeerPort
from delivery.peers.peer_server import PeerServer
from delivery.peers.peer_tls import PeerTls
from delivery.peers.peer_watch import PeerWatch
from delivery.push.catch_up import CatchUp
from delivery.push.deadlines import Deadlines
from delivery.push.parts import PushParts
from delivery.push.routes import Routes
from delivery.push.spans import PushSpans
from delivery.push.subscribers import Subscribers
from delivery.receipts.owed_receipts import COLLECTION as OWED_RECEIPTS
from delivery.receipts.owed_receipts import OwedReceipts
from delivery.receipts.queue import Receipts
from delivery.receipts.writer import ReceiptWriter
from delivery.receipts.written import WrittenReceipts
from delivery.settings import Settings
from delivery.sockets.edge_map import EdgeMap
from delivery.sockets.edge_pushes import EdgePushes
from delivery.sockets.edge_subscriptions import EdgeSubscriptions
from delivery.sockets.parts import SocketParts
from delivery.sockets.readiness_gate import ReadinessGate
from delivery.sockets.sessions import Sessions
from delivery.sockets.wire_protocol import WireProtocol
from delivery.status.report import StatusReport
from delivery.status.route import StatusRoute
from producer_api.contract import revocations as ended_sessions
from producer_api.contract.known_topic import COLLECTION as TOPICS
from producer_api.contract.known_topic import KnownTopic
from producer_api.contract.token_verifier import TokenVerifier
from runtime.http_bounds import Bounds
from runtime.http_server import HttpServer
from runtime.lifecycle import Program
from runtime.loop_watch import LoopWatch
from runtime.tracing import Tracing

#: The share of the drain time in which clients are sent away. The hand-over of partitions has the
#: rest.
_DRAIN_SHARE_OF_SOCKETS = 0.7
_LAST_WRITES_SECONDS = 1.0
#: How long the HTTP server waits for its last connections. By then, only peers are connected.
_GRACE_SECONDS = 2
#: Thresholds of the garbage collector. A scan of 25,000 young objects blocks the event loop for
#: less than 50 ms, even on a busy machine; a scan of 200,000 took 300 ms. Older objects are
#: connections and users. Scanning those of 20,000 shoppers would take a second, and find nothing,
#: because reference counting frees what a session leaves behind. ADR 16 has the figures.
_COLLECT_AFTER = (25_000, 1_000, 1_000)


@dataclass(frozen=True, slots=True)
class _Service:
    """The parts that are needed to stop the process cleanly."""

    verifier: TokenVerifier
    tracing: Tracing
    inbox: Inbox
    delivered: DeliveredWriter
    receipts: Receipts
    subscriptions: EdgeSubscriptions
    sessions: Sessions
    member: GroupMember
    drain_seconds: float

    async def drain(self) -> None:
        """Send clients to other instances, then hand over the partitions.

        The HTTP server still runs, because peers send the acks of this instance's pushes over it.
        """
        self.sessions.close()
        await self.subscriptions.drain(self.drain_seconds * _DRAIN_SHARE_OF_SOCKETS)
        await self.member.stop(self.drain_seconds * (1 - _DRAIN_SHARE_OF_SOCKETS))

    async def flush(self) -> None:
        """Write the last `delivered_at` times, and wait until Kafka has their receipts."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WRITES_SECONDS):
                await self.delivered.flush()
        await self.receipts.confirmed(_LAST_WRITES_SECONDS)

    async def close(self) -> None:
        """Close the connections to MongoDB, the token issuer, and the trace collector."""
        self.inbox.close()
        await self.verifier.close()
        await self.tracing.close()


def build(settings: Settings) -> Program:
    """Wire the parts together without opening connections. Call it inside the event loop."""
    inbox = Inbox(settings.mongo_url, settings.mongo_database)
    sockets = SocketParts.wired(
        settings.cors_allowed_origins,
        settings.delivery_max_polling_sessions,
        settings.delivery_max_packets_per_second,
    )
    receipts, written = Receipts(), WrittenReceipts(settings)
    owed_receipts = OwedReceipts(inbox.database[OWED_RECEIPTS], settings.advertised_url)
    delivered = DeliveredWriter(inbox, owed_receipts, receipts)
    catch_up, deadlines = CatchUp(inbox), Deadlines()
    dead_letters = DeadLetters(settings, inbox, receipts)
    subscribers, tracing = Subscribers(), Tracing.configured("delivery")
    routes = Routes(PushSpans(tracing, settings.advertised_url).wrap_ack if tracing.is_on else None)
    push = PushParts.wired(
        settings.rules, subscribers, routes, delivered, receipts, catch_up, deadlines
    )
    owner = push.owner
    watch = PeerWatch(settings.advertised_url, is_on=settings.delivery_remove_gone_peers)
    edge_map, pushes = EdgeMap(), EdgePushes(sockets.outgoing, sockets.clients)
    credentials = _credentials(settings)
    links = PeerLinks(
        OwnLink(owner, subscribers, routes, pushes, edge_map), credentials, pushes, edge_map, watch
    )
    subscriptions = EdgeSubscriptions(edge_map, links, pushes, delivered)
    peers = PeerServer(credentials, owner, subscribers, routes, watch)
    verifier = TokenVerifier(settings)
    revocations = ended_sessions.Revocations(
        inbox.database[ended_sessions.COLLECTION], settings.auth_max_token_age_seconds
    )
    sessions = Sessions(
        sockets,
        verifier,
        revocations,
        edge_map,
        subscriptions,
        settings.delivery_max_connections_per_user,
    )
    writers = Writers(
        delivered,
        receipts,
        dead_letters,
        StoppedNotes(inbox.database[STOPPED_PARTITIONS], settings.advertised_url),
    )
    member = GroupMember(
        settings,
        push,
        MapFollowers(subscribers, edge_map, watch),
        writers,
        KnownTopic(inbox.database[TOPICS], settings.kafka_topic),
        traced=tracing.is_on,
    )
    backlog = InboxBacklog(inbox, owner, subscribers)
    REGISTRY.register(PartitionGauges(owner, member, backlog, delivered))
    recovery = ReceiptRecovery(owner, subscribers, inbox, owed_receipts, receipts, written)
    report = StatusReport(owner, member, routes, delivered, links, edge_map, sessions)
    checks = {
        "mongodb": inbox.ping,
        "kafka": member.check,
        "owners": subscriptions.check,
        "sockets": sessions.check,
    }
    service = _Service(
        verifier,
        tracing,
        inbox,
        delivered,
        receipts,
        subscriptions,
        sessions,
        member,
        settings.delivery_drain_seconds,
    )
    # Under `park` nothing is held, so leave out the task that searches all users for held records.
    released = {"held": partial(release_held, inbox, owner, push.driver)}
    return Program(
        _web(
            settings,
            credentials.tls,
            sockets,
            sessions,
            health_app(checks, peers.route, StatusRoute(verifier, revocations, report.read).route),
        ),
        background={
            "outgoing": sockets.outgoing.run,
            "arrivals": sockets.arrivals.run,
            "departures": sockets.departures.run,
            "polling sessions": sockets.polling.run,
            "peer links": links.run,
            "peer watch": watch.run,
            "peer certificate": credentials.tls.run,
            "gone peers": partial(remove_gone, watch, member.remove),
            "subscriptions": subscriptions.run,
            "delivered_at": delivered.run,
            "catching up": catch_up.run,
            "deadlines": deadlines.run,
            "dead letters": dead_letters.run,
            "receipts": ReceiptWriter(settings, inbox, receipts, written).run,
            "owed receipts": owed_receipts.run,
            "receipt recovery": recovery.run,
            "backlog": backlog.run,
            "blocked acks": partial(set_aside_blocked, delivered, owner),
            "absent users": partial(settle_absent, owner, push.absences),
            **(released if settings.rules.hold else {}),
            "ended sessions": revocations.run,
            "loop watch": LoopWatch(metrics.LOOP_LAG).run,
            "group member": member.run,
        },
        drain=service.drain,
        drain_seconds=settings.delivery_drain_seconds,
        flush=service.flush,
        close=service.close,
        collect_after=_COLLECT_AFTER,
    )


def _credentials(settings: Settings) -> Credentials:
    tls = PeerTls(
        settings.peer_tls_files,
        serves=settings.peer_port_serves_tls,
        name=settings.delivery_peer_tls_name,
    )
    instance = secrets.token_hex(8)
    return Credentials(settings.advertised_url, instance, settings.peer_secrets, tls)


def _web(
    settings: Settings,
    tls: PeerTls,
    sockets: SocketParts,
    sessions: Sessions,
    http_app: Starlette,
) -> HttpServer:
    socket_app = socketio.ASGIApp(sockets.server, http_app)
    app: ASGIApp = ReadinessGate(
        socket_app,
        sessions.is_open,
        sockets.polling,
        sockets.arrivals,
        settings.cors_allowed_origins,
    )
    peer_port = settings.delivery_peer_port
    return HttpServer(
        PeerPort(app, peer_port) if peer_port else app,
        settings.delivery_host,
        settings.delivery_port,
        Bounds(settings.delivery_arrival_timeout_seconds),
        # Serve peers with the same server, so that they are served until the last request of the
        # drain is answered.
        more_ports={peer_port: tls.server} if peer_port else {},
        loop="uvloop",
        ws=WireProtocol,
        ws_per_message_deflate=False,
        ws_max_size=sockets.server.eio.max_http_buffer_size,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
