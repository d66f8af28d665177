"""The composition root: every part of the program is made and joined here."""

import asyncio
import logging
from dataclasses import dataclass

from fastapi import FastAPI
from pymongo.errors import PyMongoError

from producer_api.abandoned import Abandoned
from producer_api.contract.notification import COLLECTION
from producer_api.contract.tokens import TokenVerifier
from producer_api.identity.bearer import Bearer
from producer_api.identity.rate_limits import RateLimits, rate_limit
from producer_api.identity.verified import VerifiedTokens
from producer_api.inbox import turns as inbox_turns
from producer_api.inbox.changing import Changing
from producer_api.inbox.erasing import Erasing
from producer_api.inbox.marking import Marking
from producer_api.inbox.notifications import Notifications
from producer_api.inbox.superseding import Superseding
from producer_api.intake import idempotency as records_of_keys
from producer_api.intake.committer import Committer
from producer_api.intake.once import Once
from producer_api.intake.transaction import Transaction
from producer_api.metrics import Metrics
from producer_api.mongo import Client, connect, database
from producer_api.outbox import intents as outbox
from producer_api.outbox import lease as leases
from producer_api.outbox.endings import Endings
from producer_api.outbox.handover import Handover
from producer_api.outbox.publisher import Publisher
from producer_api.outbox.relay import Relay
from producer_api.readiness import Readiness
from producer_api.routes.api import add_middleware
from producer_api.routes.document import DocumentedAPI
from producer_api.routes.failures import answer_failures
from producer_api.routes.notifications import notifications_router
from producer_api.routes.operations import operations_router
from producer_api.routes.users import users_router
from producer_api.settings import Settings

_log = logging.getLogger(__name__)

_PREPARE_PAUSE_SECONDS = 1.0
_SLACK_SECONDS = 1.0
"""What a living process may take beyond the publish time-out to leave an intent to the relay."""


@dataclass(frozen=True, slots=True)
class Program:
    """The joined program: an ASGI application, and the work behind it."""

    api: FastAPI
    client: Client
    verifier: TokenVerifier
    readiness: Readiness
    stores: tuple[outbox.Intents, records_of_keys.Idempotency, Notifications]
    committer: Committer
    endings: Endings
    publisher: Publisher
    relay: Relay
    abandoned: Abandoned

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
            group.create_task(self.endings.run(), name="endings")
            group.create_task(self.relay.run(), name="relay")
            group.create_task(self.abandoned.run(), name="abandoned transactions")

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
    notifications = Notifications(base[COLLECTION])
    intents = outbox.Intents(base[outbox.COLLECTION])
    publisher = Publisher(settings, metrics)
    idempotency = records_of_keys.Idempotency(base[records_of_keys.COLLECTION])
    turns = inbox_turns.Turns(base[inbox_turns.COLLECTION])
    superseding = Superseding(turns, notifications, intents)
    transaction = Transaction(client, intents, idempotency, base[COLLECTION], superseding)
    endings = Endings(intents)
    handover = Handover(intents, publisher, endings, settings.producer_api_publish_timeout_seconds)
    committer = Committer(settings, transaction, intents, handover, metrics)
    patience = settings.producer_api_publish_timeout_seconds + _SLACK_SECONDS
    once = Once(client, committer, (idempotency, intents, notifications), patience)
    changing = Changing(settings, client, handover)
    marking = Marking(changing, turns, notifications, intents)
    erasing = Erasing(changing, turns, notifications, intents, idempotency)
    lease = leases.Lease(base[leases.COLLECTION], settings.producer_api_lease_seconds)
    relay = Relay(settings, intents, notifications, lease, publisher, metrics)
    readiness = Readiness(client, publisher)
    verifier = TokenVerifier(settings)
    limits = RateLimits(
        rate_limit(settings.producer_api_shopper_rate_limit),
        rate_limit(settings.producer_api_service_rate_limit),
    )
    bearer = Bearer(VerifiedTokens(verifier), limits)

    api = DocumentedAPI()
    api.include_router(notifications_router(once, notifications, bearer))
    api.include_router(users_router(notifications, marking, erasing, bearer))
    api.include_router(operations_router(readiness, metrics.registry))
    answer_failures(api)
    add_middleware(
        api, settings.cors_allowed_origins, settings.producer_api_arrival_timeout_seconds
    )
    return Program(
        api,
        client,
        verifier,
        readiness,
        (intents, idempotency, notifications),
        committer,
        endings,
        publisher,
        relay,
        Abandoned(client, settings.producer_api_lease_seconds),
    )
