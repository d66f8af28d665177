"""The stores of one producer process, without the API and Kafka, and a naive recount."""

from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from producer_api.contract.ids import IdSource
from producer_api.contract.notification import COLLECTION, Document, NewNotification
from producer_api.contract.preferences import COLLECTION as PREFERENCES
from producer_api.inbox import turns as inbox_turns
from producer_api.inbox.changes.erasing import Erasing
from producer_api.inbox.changes.exclusive import ExclusiveChanges
from producer_api.inbox.changes.marking import Marking
from producer_api.inbox.changes.superseding import Superseding
from producer_api.inbox.changes.withdrawing import Withdrawing
from producer_api.inbox.counts.fold_queue import FoldQueue
from producer_api.inbox.counts.folding import Folding
from producer_api.inbox.counts.inbox_counts import InboxCounts
from producer_api.inbox.counts.rules import Counts, Tally
from producer_api.inbox.lists import Lists
from producer_api.inbox.notifications import Notifications
from producer_api.intake import request_store as keyed_requests
from producer_api.intake.batch import seal
from producer_api.intake.pending import PendingRequest
from producer_api.intake.request_store import RequestStore
from producer_api.intake.transaction import Transaction, WriteResult
from producer_api.metrics import Metrics
from producer_api.mongodb.connection import Client, connect, database
from producer_api.mongodb.thread_collection import in_thread
from producer_api.mongodb.transaction_thread import TransactionThread
from producer_api.outbox import intents as outbox
from producer_api.outbox.confirmed_intents import ConfirmedIntents
from producer_api.outbox.handover import Handover
from producer_api.outbox.publisher import Publisher
from producer_api.preferences.muting import Muting
from producer_api.preferences.preference_store import PreferenceStore
from producer_api.settings import Settings
from tests.producer_api.outbox.placement import OnePartition

#: Each count is also checked for the tests' categories, and for one without notifications.
CATEGORIES = ("order", "offer", "t", "none")
_OF_CREATES = (
    *(COLLECTION, PREFERENCES, inbox_turns.COLLECTION),
    *(outbox.COLLECTION, keyed_requests.COLLECTION),
)


class _Recounting(InboxCounts):
    """Checks each count against a recount in the same transaction or snapshot."""

    async def tallies(
        self, user_ids: Collection[str], now: datetime, session: Any
    ) -> dict[str, Tally]:
        tallies = await super().tallies(user_ids, now, session)
        for user_id, tally in tallies.items():
            assert tally.counts == await self.recounted(user_id, now, session)
            for category, counts in (tally.of(CATEGORIES) or {}).items():
                assert counts == await self.recounted(user_id, now, session, category), category
        return tallies

    async def recounted(
        self, user_id: str, now: datetime, session: Any, category: str | None = None
    ) -> Counts:
        """Count the user's documents one by one, all of them or those of one category."""
        cursor = self._notifications.find({"user_id": user_id}, session=session)
        documents = await cursor.to_list(None)
        kept = [one for one in documents if category in {None, one["type"].split(".")[0]}]
        return recount(kept, now)


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores of one process. Without a relay, records of changes stay in the outbox."""

    client: Client
    collection: Any
    turns: inbox_turns.Turns
    counts: _Recounting
    folding: Folding
    lists: Lists
    marking: Marking
    withdrawing: Withdrawing
    erasing: Erasing
    transaction: Transaction
    ids: IdSource

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, env: dict[str, str], *, step: int = 1_000, keep: timedelta | None = None
    ) -> AsyncIterator[Self]:
        """Open the stores of this environment, and create their indexes."""
        settings = Settings.model_validate({name.lower(): text for name, text in env.items()})
        client = connect(settings)
        base = database(client, settings)
        turns = inbox_turns.Turns(base[inbox_turns.COLLECTION])
        notifications = Notifications(base[COLLECTION])
        counts = _Recounting(base[COLLECTION], base[inbox_turns.COLLECTION])
        intents = outbox.Intents(base[outbox.COLLECTION])
        publisher = Publisher(settings, Metrics(), OnePartition(settings))
        handover = Handover(intents, publisher, ConfirmedIntents(intents), 1.0)
        folding = Folding(client, base[COLLECTION], turns, counts, keep=keep, step=step)
        await turns.prepare()
        await notifications.prepare()
        fold_queue = FoldQueue()
        requests = RequestStore(base[keyed_requests.COLLECTION])
        preferences = PreferenceStore(base[PREFERENCES])
        await preferences.prepare()
        blocking = {name: in_thread(base[name]) for name in _OF_CREATES}
        both = blocking[COLLECTION], blocking[inbox_turns.COLLECTION]
        transaction = Transaction(
            TransactionThread(client),
            intents_of_creates := outbox.Intents(blocking[outbox.COLLECTION]),
            RequestStore(blocking[keyed_requests.COLLECTION]),
            both[0],
            Superseding(
                inbox_turns.Turns(both[1]),
                Notifications(both[0]),
                _Recounting(*both),
                intents_of_creates,
                fold_queue,
            ),
            Muting(PreferenceStore(blocking[PREFERENCES]), ["order"]),
        )
        changes = ExclusiveChanges(settings, client, handover)
        try:
            yield cls(
                client,
                base[COLLECTION],
                turns,
                counts,
                folding,
                Lists(client, base[COLLECTION], counts, fold_queue),
                Marking(changes, turns, notifications, counts, intents),
                Withdrawing(changes, turns, notifications, counts, intents),
                Erasing(
                    changes,
                    turns,
                    notifications,
                    counts,
                    intents,
                    forget=(requests.forget_user, preferences.forget_user),
                ),
                transaction,
                IdSource(),
            )
        finally:
            client.close()

    async def create(self, *keys: str | None, user: str = "ana") -> WriteResult:
        """Create one batch with a notification for each collapse key."""
        new = [NewNotification(user_id=user, type="t", title="t", collapse_key=key) for key in keys]
        return await self.transaction.write(seal([PendingRequest(new)], self.ids))

    async def counts_and_recount(self, user: str, now: datetime) -> tuple[Counts, Counts]:
        """Return the counts and the recount from the same snapshot."""
        async with await self.client.start_session(snapshot=True) as session:
            tally = await self.counts.tally(user, now, session)
            return tally.counts, await self.counts.recounted(user, now, session)


def recount(documents: Iterable[Document], now: datetime) -> Counts:
    """Return the counts that the user of these documents should see."""
    unread = [
        document
        for document in documents
        if document["read_at"] is None
        and document["archived_at"] is None
        and document["superseded_by"] is None
        and document.get("removed") is None
        and (document["expires_at"] is None or document["expires_at"] > now)
    ]
    return Counts(
        len(unread), len([document for document in unread if document["seen_at"] is None])
    )
