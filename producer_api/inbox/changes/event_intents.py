"""Opens the intents that publish a user's inbox events."""

from collections.abc import Sequence

from motor.motor_asyncio import AsyncIOMotorClientSession

from producer_api.contract.events import EventType
from producer_api.contract.ids import IdSource
from producer_api.contract.inbox_event import InboxEvent
from producer_api.inbox.changes.exclusive import OpenedIntent
from producer_api.outbox.intent import Intent
from producer_api.outbox.intents import Intents
from producer_api.outbox.records import changed


class EventIntents:
    """Opens intents with the records of events. Owns the source of their ids."""

    def __init__(self, intents: Intents) -> None:
        self._intents = intents
        self._ids = IdSource()

    async def open(
        self,
        events: Sequence[tuple[EventType, InboxEvent]],
        traceparent: str | None,
        session: AsyncIOMotorClientSession,
    ) -> OpenedIntent:
        """Write the intent of one user's events, and find the open intents to publish before it.

        The session's transaction must have taken the user's turn. The records carry the
        `traceparent`. Raises `pymongo.errors.PyMongoError`.
        """
        # The intents that created the notifications may still be open, because a list may show a
        # notification before its record is on the log. Publish them first: if the record of a
        # withdrawn notification came after that of its withdrawal, it would be pushed.
        ids = [document["_id"] for _, event in events for document in event.changed]
        predecessors = await self._intents.open_before([events[0][1].user_id], ids, session)
        records = [changed(self._ids.next(), kind, event, traceparent) for kind, event in events]
        intent = Intent(self._ids.next(), records=records)
        await self._intents.open(intent, session)
        return OpenedIntent(intent, predecessors)
