"""The stores of one producer process, without its API and without Kafka; and a naive recount."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from producer_api.contract.notification import COLLECTION, Document
from producer_api.inbox import turns as inbox_turns
from producer_api.inbox.changing import Changing
from producer_api.inbox.counting import Counts
from producer_api.inbox.folder import Folder
from producer_api.inbox.folding import Folding
from producer_api.inbox.lists import Lists
from producer_api.inbox.marking import Marking
from producer_api.inbox.notifications import Notifications
from producer_api.metrics import Metrics
from producer_api.mongo import Client, connect, database
from producer_api.outbox import intents as outbox
from producer_api.outbox.endings import Endings
from producer_api.outbox.handover import Handover
from producer_api.outbox.publisher import Publisher
from producer_api.settings import Settings


class _Recounting(Notifications):
    """Checks each count against a recount in the same transaction or snapshot."""

    async def counts(self, user_id: str, now: datetime, session: Any) -> Counts:
        counts = await super().counts(user_id, now, session)
        assert counts == await self.recounted(user_id, now, session)
        return counts

    async def recounted(self, user_id: str, now: datetime, session: Any) -> Counts:
        """The counts, from all of the user's documents."""
        found = self._collection.find({"user_id": user_id}, session=session)
        return recount(await found.to_list(None), now)


@dataclass(frozen=True, slots=True)
class Stores:
    """What is published with the marks stays in the outbox."""

    client: Client
    collection: Any
    turns: inbox_turns.Turns
    notifications: _Recounting
    folding: Folding
    lists: Lists
    marking: Marking

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, env: dict[str, str], *, step: int = 1_000, keep: timedelta | None = None
    ) -> AsyncIterator[Self]:
        """Those that this environment names, prepared."""
        settings = Settings.model_validate({name.lower(): text for name, text in env.items()})
        client = connect(settings)
        base = database(client, settings)
        turns = inbox_turns.Turns(base[inbox_turns.COLLECTION])
        notifications = _Recounting(base[COLLECTION], turns)
        intents = outbox.Intents(base[outbox.COLLECTION])
        handover = Handover(intents, Publisher(settings, Metrics()), Endings(intents), 1.0)
        folding = Folding(client, base[COLLECTION], turns, keep=keep, step=step)
        await turns.prepare()
        await notifications.prepare()
        lists = Lists(client, base[COLLECTION], notifications, Folder(folding))
        marking = Marking(Changing(settings, client, handover), turns, notifications, intents)
        try:
            yield cls(client, base[COLLECTION], turns, notifications, folding, lists, marking)
        finally:
            client.close()

    async def counts(self, user: str, now: datetime) -> tuple[Counts, Counts]:
        """The counts and the recount, of one moment."""
        async with await self.client.start_session(snapshot=True) as session:
            tally = await self.notifications.tally(user, now, session)
            return tally.counts, await self.notifications.recounted(user, now, session)


def recount(documents: Iterable[Document], now: datetime) -> Counts:
    """What the badge of these documents' user should show."""
    unread = [
        each
        for each in documents
        if each["read_at"] is None
        and each["archived_at"] is None
        and each["superseded_by"] is None
        and (each["expires_at"] is None or each["expires_at"] > now)
    ]
    return Counts(len(unread), len([each for each in unread if each["seen_at"] is None]))
