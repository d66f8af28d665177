"""The composition root: wires the parts of the away program, and stops them in order."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from delivery.away import metrics
from delivery.away.calls.endpoint_client import EndpointClient
from delivery.away.core.entry import Entry, Way
from delivery.away.dispatcher import Dispatcher, DispatchRules, Teller
from delivery.away.index_creation import IndexCreation
from delivery.away.lag import watch_lag
from delivery.away.reader import Reader
from delivery.away.settings import OTHERS, AwaySettings
from delivery.away.store.database import Database
from delivery.away.store.entries import COLLECTION, Entries
from delivery.away.store.push_subscriptions import PushSubscriptions
from delivery.away.store.subjects import Subjects
from delivery.away.ways.outcome import NoRecipient, Outcome
from delivery.away.ways.push import PushWay
from delivery.away.ways.push_encryption import Vapid
from delivery.away.ways.webhook import WebhookWay
from delivery.consume.stopped_notes import COLLECTION as STOPPED
from delivery.consume.stopped_notes import StoppedNotes
from delivery.health import health_app
from producer_api.contract.known_topic import COLLECTION as TOPICS
from producer_api.contract.known_topic import KnownTopic
from producer_api.contract.notification import Document
from runtime.http_server import HttpServer
from runtime.lifecycle import Program
from runtime.loop_watch import LoopWatch

#: How long calls under way may continue after the process is told to stop.
_DRAIN_SECONDS = 5.0
_GRACE_SECONDS = 2
#: Told entries are kept for this many times the longer of two settings: the age from which on
#: records are ignored, and the time for retries.
_KEPT_AGES = 2
_FEW_SLOTS = 10


@dataclass(frozen=True, slots=True)
class _Service:
    """The parts that must be ended when the process stops."""

    database: Database
    dispatchers: Mapping[str, Dispatcher]
    clients: list[EndpointClient]

    async def drain(self) -> None:
        """Finish the calls under way."""
        await asyncio.gather(
            *(dispatcher.drain(_DRAIN_SECONDS) for dispatcher in self.dispatchers.values())
        )

    async def close(self) -> None:
        """Close the connections to endpoints and to MongoDB."""
        for client in self.clients:
            await client.close()
        self.database.close()


def build(settings: AwaySettings) -> Program:
    """Wire the parts together without opening connections. Call it inside the event loop."""
    database = Database(settings.mongo_url, settings.mongo_database)
    kept = _KEPT_AGES * max(settings.away_max_age_seconds, settings.away_retry_for_seconds)
    entries = Entries(database[COLLECTION], settings.lease_seconds, kept)
    stores = entries, Subjects(database)
    clients: list[EndpointClient] = []
    dispatchers = _dispatchers(settings, database, stores, clients)
    service = _Service(database, dispatchers, clients)
    indexes = IndexCreation(entries)
    topic = KnownTopic(database[TOPICS], settings.kafka_topic)
    reader = Reader(settings, entries, topic, StoppedNotes(database[STOPPED], "away"))
    app = health_app({"mongodb": database.ping, "kafka": reader.check})
    return Program(
        HttpServer(
            app,
            settings.away_host,
            settings.away_port,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        ),
        background={
            "indexes": indexes.run,
            "reader": partial(indexes.run_after, reader.run),
            "lag": partial(indexes.run_after, partial(watch_lag, entries)),
            **{
                name: partial(indexes.run_after, dispatcher.run)
                for name, dispatcher in dispatchers.items()
            },
            "loop watch": LoopWatch(metrics.LOOP_LAG).run,
        },
        drain=service.drain,
        drain_seconds=_DRAIN_SECONDS,
        close=service.close,
    )


def _dispatchers(
    settings: AwaySettings,
    database: Database,
    stores: tuple[Entries, Subjects],
    clients: list[EndpointClient],
) -> dict[str, Dispatcher]:
    """Return the dispatchers by name: one for each webhook URL, and one for Web Push.

    Entries whose way is no longer configured get a dispatcher that ends them. Adds the
    clients of the dispatchers to `clients`.
    """
    rules = DispatchRules(settings.rules, settings.retries, settings.away_poll_seconds)

    def client(slots: int, seconds: float) -> EndpointClient:
        made = EndpointClient(settings.away_allowed_networks, slots, seconds)
        clients.append(made)
        return made

    def webhook(url: str) -> Teller:
        calls = client(settings.away_webhook_slots, settings.away_webhook_timeout_seconds)
        return WebhookWay(url, settings.webhook_secrets, settings.away_until, calls).tell

    urls = _categories_of(settings.away_webhooks)
    dispatchers = {
        f"webhook {number}": Dispatcher(
            Way.WEBHOOK, categories, settings.away_webhook_slots, webhook(url), stores, rules
        )
        for number, (url, categories) in enumerate(urls.items(), 1)
    }
    if OTHERS not in settings.away_webhooks:
        others: dict[str, Any] = {"$nin": list(settings.away_webhooks)}
        dispatchers["no webhook"] = Dispatcher(
            Way.WEBHOOK, others, _FEW_SLOTS, _no_recipient, stores, rules
        )
    slots = settings.away_push_slots
    if settings.away_vapid_private_key and settings.away_vapid_subject:
        push = PushWay(
            PushSubscriptions(database),
            Vapid(settings.away_vapid_private_key.get_secret_value(), settings.away_vapid_subject),
            client(slots, settings.away_push_timeout_seconds),
            settings.away_push_ttl_seconds,
            slots,
        )
        dispatchers["web push"] = Dispatcher(Way.PUSH, {}, slots, push.tell, stores, rules)
    else:
        dispatchers["no web push"] = Dispatcher(
            Way.PUSH, {}, _FEW_SLOTS, _no_recipient, stores, rules
        )
    return dispatchers


async def _no_recipient(_entry: Entry, _document: Document, _now: datetime) -> Outcome:
    """Tell nobody: the entry is from before the settings were changed."""
    return NoRecipient()


def _categories_of(webhooks: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return, for each URL, the MongoDB condition for the categories that it gets."""
    named = [category for category in webhooks if category != OTHERS]
    by_url: dict[str, list[str]] = {}
    for category, url in webhooks.items():
        by_url.setdefault(url, []).append(category)
    return {
        url: {"$nin": [each for each in named if each not in categories]}
        if OTHERS in categories
        else {"$in": categories}
        for url, categories in by_url.items()
    }
