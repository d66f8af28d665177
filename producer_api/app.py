"""The composition root: every part of the program is made and joined here."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

from fastapi import FastAPI
from pymongo.errors import PyMongoError

from producer_api.contract.notification import COLLECTION
from producer_api.contract.tokens import TokenVerifier
from producer_api.identity.bearer import Bearer
from producer_api.inbox import turns as inbox_turns
from producer_api.inbox.folder import Folder
from producer_api.inbox.folding import Folding
from producer_api.inbox.lists import Lists
from producer_api.inbox.marking import Marking
from producer_api.inbox.notifications import Notifications
from producer_api.inbox.retention import Retention
from producer_api.intake.committer import Committer
from producer_api.intake.transaction import Transaction
from producer_api.metrics import Metrics
from producer_api.mongo import Client, connect, database
from producer_api.outbox import intents as outbox
from producer_api.outbox import lease as leases
from producer_api.outbox.handover import Handover
from producer_api.outbox.publisher import Publisher
from producer_api.outbox.relay import Relay
from producer_api.readiness import Readiness
from producer_api.routes.api import DocumentedAPI, add_middleware
from producer_api.routes.failures import answer_failures
from producer_api.routes.notifications import notifications_router
from producer_api.routes.operations import operations_router
from producer_api.routes.tracing import tracing_router
from producer_api.routes.users import users_router
from producer_api.settings import Settings

_log = logging.getLogger(__name__)

_PREPARE_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Program:
    """The joined program: an ASGI application, and the work behind it."""

    api: FastAPI
    client: Client
    verifier: TokenVerifier
    readiness: Readiness
    stores: tuple[outbox.Intents, inbox_turns.Turns, Notifications, Retention]
    committer: Committer
    publisher: Publisher
    relay: Relay
    folder: Folder
    retention: Retention

    async def run(self) -> None:
        """Do the work behind the API until cancelled; whatever else ends it is a bug, raised."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.publisher.run(), name="publisher")
                group.create_task(self._work_on_stores(), name="stores")
        finally:
            await self.verifier.close()
            self.client.close()

    async def _work_on_stores(self) -> None:
        await self._prepare_stores()
        self.readiness.stores_prepared = True
        async with asyncio.TaskGroup() as group:
            group.create_task(self.committer.run(), name="committer")
            group.create_task(self.relay.run(), name="relay")
            group.create_task(self.folder.run(), name="folder")
            group.create_task(self.retention.run(), name="retention")

    async def _prepare_stores(self) -> None:
        while True:
            try:
                for store in self.stores:
                    await store.prepare()
            except PyMongoError as error:
                _log.warning("waiting for MongoDB", extra={"reason": str(error)})
                await asyncio.sleep(_PREPARE_PAUSE_SECONDS)
            else:
                return _log.info("connected to MongoDB")


def build(settings: Settings) -> Program:
    """Join the parts; nothing is connected yet. Call it inside the event loop."""
    metrics = Metrics()
    client = connect(settings)
    base = database(client, settings)
    turns = inbox_turns.Turns(base[inbox_turns.COLLECTION])
    notifications = Notifications(base[COLLECTION], turns)
    intents = outbox.Intents(base[outbox.COLLECTION])
    publisher = Publisher(settings, metrics)
    transaction = Transaction(client, intents, base[COLLECTION])
    handover = Handover(intents, publisher, settings.producer_api_publish_timeout_seconds)
    committer = Committer(settings, transaction, intents, handover, metrics)
    marking = Marking(settings, client, turns, notifications, intents, handover)
    keep = timedelta(days=settings.producer_api_retention_days) or None
    folding = Folding(client, base[COLLECTION], turns, keep=keep)
    folder = Folder(folding)
    retention = Retention(base[COLLECTION], folding, keep)
    lists = Lists(client, base[COLLECTION], notifications, folder)
    lease = leases.Lease(base[leases.COLLECTION], settings.producer_api_lease_seconds)
    relay = Relay(settings, intents, notifications, lease, publisher, metrics)
    readiness = Readiness(client, publisher)
    verifier = TokenVerifier(settings)
    bearer = Bearer(verifier)

    api = DocumentedAPI()
    api.include_router(notifications_router(committer, notifications, bearer))
    api.include_router(tracing_router(lists, bearer))
    api.include_router(users_router(lists, marking, bearer))
    api.include_router(operations_router(readiness, metrics.registry))
    answer_failures(api)
    add_middleware(api, settings.cors_allowed_origins)
    return Program(
        api,
        client,
        verifier,
        readiness,
        (intents, turns, notifications, retention),
        committer,
        publisher,
        relay,
        folder,
        retention,
    )
