"""The composition root, which makes all parts of the program and connects them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from fastapi import APIRouter, FastAPI

from producer_api.contract import revocations as ended_sessions
from producer_api.contract.known_topic import COLLECTION as TOPICS
from producer_api.contract.known_topic import KnownTopic
from producer_api.contract.notification import COLLECTION
from producer_api.contract.preferences import COLLECTION as PREFERENCES
from producer_api.contract.push_subscription import COLLECTION as PUSH_SUBSCRIPTIONS
from producer_api.contract.revocations import Revocations
from producer_api.contract.token_verifier import TokenVerifier
from producer_api.idempotency.idempotent_creates import IdempotentCreates
from producer_api.identity.bearer import Bearer
from producer_api.identity.rate_limits import RateLimits, rate_limit
from producer_api.identity.session_ending import SessionEnding
from producer_api.identity.shared_counts import counts_of
from producer_api.identity.token_cache import TokenCache
from producer_api.identity.window_counts import window_counts
from producer_api.inbox import turns as inbox_turns
from producer_api.inbox.changes.erasing import Erasing
from producer_api.inbox.changes.exclusive import ExclusiveChanges
from producer_api.inbox.changes.marking import Marking
from producer_api.inbox.changes.superseding import Superseding
from producer_api.inbox.changes.withdrawing import Withdrawing
from producer_api.inbox.counts.fold_queue import FoldQueue
from producer_api.inbox.counts.folding import Folding
from producer_api.inbox.counts.inbox_counts import InboxCounts
from producer_api.inbox.lists import Lists
from producer_api.inbox.notifications import Notifications
from producer_api.inbox.push_subscriptions import PushSubscriptions
from producer_api.intake import request_store as keyed_requests
from producer_api.intake.committer import Committer
from producer_api.intake.publication import Publication
from producer_api.intake.transaction import Transaction
from producer_api.metrics import Metrics
from producer_api.middleware.request_middleware import RequestMiddleware
from producer_api.mongodb.clock import MongoClock
from producer_api.mongodb.connection import Client, connect, database
from producer_api.mongodb.stores import Stores
from producer_api.mongodb.thread_collection import in_thread
from producer_api.mongodb.transaction_thread import TransactionThread
from producer_api.outbox import intents as outbox
from producer_api.outbox import lease as leases
from producer_api.outbox.confirmed_intents import ConfirmedIntents
from producer_api.outbox.handover import Handover
from producer_api.outbox.placement import Placement
from producer_api.outbox.publisher import Publisher
from producer_api.preferences.muting import Muting
from producer_api.preferences.preference_store import PreferenceStore
from producer_api.problems.handlers import add_problem_handlers
from producer_api.requests.direct_route import direct_routes
from producer_api.routes.create import create_router
from producer_api.routes.delivery_status import delivery_status_router
from producer_api.routes.documentation import documentation_router
from producer_api.routes.inbox import inbox_router
from producer_api.routes.openapi_document import DocumentedAPI
from producer_api.routes.operations import operations_router
from producer_api.routes.preferences import preferences_router
from producer_api.routes.push import push_router
from producer_api.routes.readiness import Readiness
from producer_api.routes.sessions import sessions_router
from producer_api.routes.sweeps import sweeps_router
from producer_api.routes.withdraw import withdraw_router
from producer_api.settings import Settings
from producer_api.workers.abandoned_transactions import AbandonedTransactions
from producer_api.workers.folding_worker import FoldingWorker
from producer_api.workers.outbox_watch import OutboxWatch
from producer_api.workers.relay import Relay
from producer_api.workers.retention import Retention
from runtime.http_bounds import Bounds
from runtime.http_server import HttpServer
from runtime.lifecycle import Program, Work
from runtime.loop_watch import LoopWatch
from runtime.tracing import Tracing
from runtime.workers.siblings import NoSiblings, Siblings, siblings_of
from runtime.workers.worker import Worker

#: How long a running process may take to queue an intent for the relay, after the publish time-out.
_SLACK_SECONDS = 1.0
#: The largest body that the server receives. Each route has its own, lower limit.
_LARGEST_BODY = 16 * 1024 * 1024
#: How long the stopping HTTP server waits for requests in progress.
_GRACE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Parts:
    """The assembled program: the ASGI application, and its background tasks."""

    app: RequestMiddleware
    api: FastAPI
    """The routes, with their OpenAPI document."""
    client: Client
    verifier: TokenVerifier
    tracing: Tracing
    readiness: Readiness
    siblings: Siblings | NoSiblings
    committer: Committer
    background: Mapping[str, Work]

    async def close(self) -> None:
        """Close the connections to the token issuer, the trace collector, and MongoDB."""
        await self.verifier.close()
        await self.tracing.close()
        self.client.close()


def build(settings: Settings, worker: Worker | None = None) -> Program:
    """Build the program, but open no connections. Call it inside the event loop.

    `worker` is what this process shares with others, if it is one of several workers.
    """
    parts = join(settings, worker)
    server = _server(settings, parts.app, worker)
    # `drain` is not needed: the server waits for the creates in progress when it stops.
    return Program(server, parts.background, close=parts.close, flush=parts.siblings.leave)


def join(settings: Settings, worker: Worker | None = None) -> Parts:
    """Assemble the parts, but open no connections. Call it inside the event loop."""
    siblings = siblings_of(worker, (metrics := Metrics()).registry)
    tracing = Tracing.configured("producer-api")
    client = connect(settings)
    db = database(client, settings)
    turns = inbox_turns.Turns(db[inbox_turns.COLLECTION])
    notifications = Notifications(db[COLLECTION])
    counts = InboxCounts(db[COLLECTION], db[inbox_turns.COLLECTION])
    intents = outbox.Intents(db[outbox.COLLECTION])
    requests = keyed_requests.RequestStore(db[keyed_requests.COLLECTION])

    publisher = Publisher(
        settings,
        metrics,
        Placement(settings, KnownTopic(db[TOPICS], settings.kafka_topic), metrics),
        tracing,
    )
    confirmed_intents = ConfirmedIntents(intents)
    timeout = settings.producer_api_publish_timeout_seconds
    handover = Handover(intents, publisher, confirmed_intents, timeout)
    relay = Relay(
        settings,
        intents,
        notifications,
        leases.Lease(db[leases.COLLECTION], settings.producer_api_lease_seconds),
        publisher,
        watch := OutboxWatch(intents, metrics),
        metrics,
    )

    keep = timedelta(days=settings.producer_api_retention_days) or None
    folding = Folding(client, db[COLLECTION], turns, counts, keep=keep)
    fold_queue = FoldQueue()
    preferences = PreferenceStore(db[PREFERENCES])
    committer = Committer(
        settings,
        transaction_of(settings, client, fold_queue),
        Publication(intents, handover),
        metrics,
        now_ns := (clock := MongoClock(client, metrics)).now_ns,
    )

    changes = ExclusiveChanges(settings, client, handover)

    revocations = Revocations(db[ended_sessions.COLLECTION], settings.auth_max_token_age_seconds)
    bearer = _bearer(settings, verifier := TokenVerifier(settings), revocations, worker)
    ending = SessionEnding(settings, db[ended_sessions.COLLECTION], revocations, siblings.tell)
    stores = Stores(
        intents,
        requests,
        turns,
        notifications,
        preferences,
        retention := Retention(db[COLLECTION], folding, keep),
        ending,
        push := PushSubscriptions(db[PUSH_SUBSCRIPTIONS]),
        clock,
    )
    readiness = Readiness(client, stores, publisher, watch, settings.producer_api_takeover_seconds)
    lists = Lists(client, db[COLLECTION], counts, fold_queue)
    routers = (
        create_router(
            IdempotentCreates(
                client, committer, (requests, intents, notifications), timeout + _SLACK_SECONDS
            ),
            bearer,
        ),
        delivery_status_router(lists, notifications, bearer, clock.now),
        withdraw_router(Withdrawing(changes, turns, notifications, counts, intents), bearer),
        sweeps_router(marking := Marking(changes, turns, notifications, counts, intents), bearer),
        inbox_router(
            lists,
            marking,
            Erasing(
                changes,
                turns,
                notifications,
                counts,
                intents,
                forget=(requests.forget_user, preferences.forget_user, push.forget_user),
                clock_ns=now_ns,
            ),
            bearer,
            clock.now,
        ),
        preferences_router(preferences, settings.producer_api_always_categories, bearer),
        push_router(push, settings, bearer),
        sessions_router(ending, bearer),
        operations_router(readiness, siblings),
        documentation_router(),
    )
    return Parts(
        _request_middleware(settings, api := _api(routers), routers, tracing),
        api,
        client,
        verifier,
        tracing,
        readiness,
        siblings,
        committer,
        background={
            "publisher": publisher.run,
            "topic watch": publisher.watch_topic,
            "stores": stores.prepare,
            "committer": partial(stores.work, committer.run),
            "confirmed intents": partial(stores.work, confirmed_intents.run),
            "relay": partial(stores.work, relay.run),
            "outbox watch": partial(stores.work, watch.run),
            "clock": partial(stores.work, clock.run),
            "abandoned transactions": partial(
                stores.work, AbandonedTransactions(client, settings.producer_api_lease_seconds).run
            ),
            "folding": partial(stores.work, FoldingWorker(fold_queue, folding).run),
            "retention": partial(stores.work, retention.run),
            "ended sessions": partial(stores.work, revocations.run),
            "loop watch": LoopWatch(metrics.loop_lag).run,
            "siblings": partial(siblings.run, readiness.problems, ending.hear),
        },
    )


def transaction_of(settings: Settings, client: Client, fold_queue: FoldQueue) -> Transaction:
    """Return the transaction that writes creates. Its stores block the thread that it runs in."""
    db = database(client, settings)
    notifications, turns = in_thread(db[COLLECTION]), in_thread(db[inbox_turns.COLLECTION])
    superseding = Superseding(
        inbox_turns.Turns(turns),
        Notifications(notifications),
        InboxCounts(notifications, turns),
        intents := outbox.Intents(in_thread(db[outbox.COLLECTION])),
        fold_queue,
    )
    requests = keyed_requests.RequestStore(in_thread(db[keyed_requests.COLLECTION]))
    preferences = PreferenceStore(in_thread(db[PREFERENCES]))
    muting = Muting(preferences, settings.producer_api_always_categories)
    return Transaction(
        TransactionThread(client), intents, requests, notifications, superseding, muting
    )


def _bearer(
    settings: Settings, verifier: TokenVerifier, revocations: Revocations, worker: Worker | None
) -> Bearer:
    limits = RateLimits(
        rate_limit(settings.producer_api_shopper_rate_limit),
        rate_limit(settings.producer_api_service_rate_limit),
        rate_limit(settings.producer_api_service_byte_limit),
        counts_of(worker) if worker else window_counts,
    )
    return Bearer(TokenCache(verifier, revocations), limits)


def _api(routers: Iterable[APIRouter]) -> FastAPI:
    api = DocumentedAPI()
    for router in routers:
        api.include_router(router)
    add_problem_handlers(api)
    return api


def _request_middleware(
    settings: Settings, api: FastAPI, routers: Iterable[APIRouter], tracing: Tracing
) -> RequestMiddleware:
    seconds = settings.producer_api_arrival_timeout_seconds
    return RequestMiddleware(
        api, direct_routes(routers), settings.cors_allowed_origins, seconds, tracing
    )


def _server(settings: Settings, app: RequestMiddleware, worker: Worker | None) -> HttpServer:
    return HttpServer(
        app,
        settings.producer_api_host,
        settings.producer_api_port,
        Bounds(settings.producer_api_arrival_timeout_seconds, _LARGEST_BODY),
        lifespan="off",
        ws="none",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        worker=worker,
    )
