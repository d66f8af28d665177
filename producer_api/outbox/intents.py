"""The collection `outbox`: one intent per batch of creates, and one per change of an inbox.

An intent lives from its transaction until Kafka has confirmed its records:

    open ──── Kafka confirmed ───► deleted
      │                               ▲
      └─ Kafka did not take it, ─► queued ── the relay published it ─┘
         or its process is gone       │
                                      └─ it cannot be read ─► unreadable

`queued_at` is MongoDB's cluster time. It orders the queue correctly, even if the clocks of the
processes differ.

- A create is published after every create that was answered before it began. The earlier one is
  either on the log already, or its intent is queued, and the later create queues behind it.
- A change of an inbox is also published after the open intents of its user. So is a create that
  supersedes something. Both find these intents in their own transaction, and wait for them.
- An erasure is published after all open intents.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne
from pymongo.read_concern import ReadConcern

from producer_api.outbox.intent import Intent
from producer_api.outbox.records import TopicRecord
from producer_api.outbox.stored_intent import readable_intent
from runtime.slices import Slices

COLLECTION = "outbox"

_INDEXES = [
    IndexModel([("state", ASCENDING), ("queued_at", ASCENDING)], name="queue"),
    IndexModel([("opened_at", ASCENDING)], name="age"),
]
_QUEUED = {"state": "queued"}
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_QUEUE: dict[str, Any] = {
    "$set": {"state": "queued"},
    "$currentDate": {"queued_at": {"$type": "timestamp"}},
}
# An intent whose time is damaged counts as opened long ago, so that the relay takes it over. So
# does one from the future, which is left if the clock of MongoDB's primary was wrong for a while.
# Otherwise, the changes of its users would wait for it until then. But the clocks of two primaries
# may differ a little.
_IS_DATE = {"$eq": [{"$type": "$opened_at"}, "date"]}
_IS_PAST = {"$lt": ["$opened_at", {"$add": ["$$NOW", 60_000]}]}
_OPENED_AT = {"$cond": [{"$and": [_IS_DATE, _IS_PAST]}, "$opened_at", _LONG_AGO]}
_AGE: dict[str, Any] = {"milliseconds": {"$subtract": ["$$NOW", _OPENED_AT]}}
#: The states of the intents that are not published yet.
_UNPUBLISHED = {"$in": ["open", "queued"]}
_BY_AGE = [("opened_at", ASCENDING), ("_id", ASCENDING)]


class Intents:
    """Opens, queues and deletes intents. Every method raises `pymongo.errors.PyMongoError`."""

    def __init__(self, collection: AsyncIOMotorCollection[dict[str, Any]]) -> None:
        self._collection = collection
        # This collection also reads what is not known to be on a majority yet. A new primary has
        # all intents that were opened or queued before, but may not know yet that a majority has
        # them.
        self._latest = collection.with_options(read_concern=ReadConcern("local"))

    async def prepare(self) -> None:
        """Create the missing indexes."""
        await self._collection.create_indexes(_INDEXES)

    async def open(self, intent: Intent, session: AsyncIOMotorClientSession) -> None:
        """Write the intent in the session's transaction."""
        query, change = _opening(intent)
        await self._collection.update_one(query, change, upsert=True, session=session)

    async def open_and_ask(self, intent: Intent, session: AsyncIOMotorClientSession) -> bool:
        """Write the intent, and return whether any intent is queued for the relay.

        Both happen in the session's transaction, with one command. If the transaction is committed,
        the answer covers all intents that were queued before the transaction began: a majority had
        acknowledged them, so the primary that executed the transaction had them.
        """
        query, change = _opening(intent)
        # The first write only asks: it matches a queued intent, and does not change it. So it
        # conflicts with no other transaction, and with no write of the relay.
        asking = UpdateOne(_QUEUED, {"$setOnInsert": _QUEUED})
        writes = [asking, UpdateOne(query, change, upsert=True)]
        written = await self._collection.bulk_write(writes, session=session)
        return written.matched_count > 0

    async def open_before(
        self, user_ids: Sequence[str], ids: Sequence[str], session: AsyncIOMotorClientSession
    ) -> list[str]:
        """Return the open intents, oldest first, that concern these users or notifications.

        These intents change one of the users' inboxes, or create one of the notifications. Reads in
        the session's transaction.
        """
        conditions: list[dict[str, Any]] = [
            {"records.key": {"$in": [user_id.encode() for user_id in user_ids]}},
            {"notices.user": {"$in": user_ids}},
            {"ids": {"$in": ids}},
        ]
        cursor = self._collection.find(
            {"state": "open", "$or": conditions}, {"_id": 1}, session=session
        )
        return [item["_id"] async for item in cursor.sort(_BY_AGE)]

    async def all_open(self, session: AsyncIOMotorClientSession) -> list[str]:
        """Return all open intents. Reads in the session's transaction."""
        cursor = self._collection.find({"state": "open"}, {"_id": 1}, session=session)
        return [item["_id"] async for item in cursor]

    async def oldest_open(
        self, intent_ids: Sequence[str], session: AsyncIOMotorClientSession | None = None
    ) -> float | None:
        """Return how many seconds the oldest of these has been open; None if none is open."""
        query = {"_id": {"$in": intent_ids}, "state": "open"}
        cursor = self._latest.find(query, _AGE, session=session)
        ages = [float(item["milliseconds"]) async for item in cursor]
        return max(ages) / 1000 if ages else None

    async def any_queued(self, session: AsyncIOMotorClientSession | None = None) -> bool:
        """Return whether any intent is queued for the relay.

        With a session, the read is at least as new as the session's last write.
        """
        intent = await self._latest.find_one(_QUEUED, {"_id": 1}, session=session)
        return intent is not None

    async def queue(self, intent_id: str) -> None:
        """Leave an open intent to the relay. Has no effect on a queued or deleted intent."""
        await self._collection.update_one({"_id": intent_id, "state": "open"}, _QUEUE)

    async def delete(self, intent_ids: list[str]) -> None:
        """Delete intents whose records Kafka has confirmed."""
        await self._collection.delete_many({"_id": {"$in": intent_ids}})

    async def take_over(self, age_seconds: float) -> int:
        """Queue the intents that have been open for longer than this. Return their number."""
        age = {"unit": "millisecond", "amount": int(age_seconds * 1000)}
        limit = {"$dateSubtract": {"startDate": "$$NOW", **age}}
        return await self._take_over({"$expr": {"$lt": [_OPENED_AT, limit]}})

    async def take_over_up_to(self, intent_ids: Sequence[str]) -> None:
        """Queue all open intents up to the last of these, in the order in which they were opened.

        The earlier ones may be predecessors of these intents, or earlier batches of their process.
        """
        query = {"_id": {"$in": intent_ids}, "state": "open"}
        last = self._latest.find(query, {"opened_at": 1}).sort("opened_at", DESCENDING)
        async for intent in last.limit(1):
            await self._take_over({"opened_at": {"$lte": intent.get("opened_at")}})

    async def _take_over(self, condition: dict[str, Any]) -> int:
        count = 0
        cursor = self._latest.find({"state": "open", **condition}, {"_id": 1})
        async for intent in cursor.sort(_BY_AGE):
            await self.queue(intent["_id"])
            count += 1
        return count

    async def oldest_queued(self, limit: int) -> list[Intent]:
        """Return the intents that were queued first, in the order of the queue.

        Sets aside those that cannot be read, and looks beyond them.
        """
        while True:
            cursor = self._collection.find(_QUEUED).sort("queued_at", ASCENDING)
            stored = [item async for item in cursor.limit(limit)]
            intents: list[Intent] = []
            unreadable: list[Any] = []
            slices = Slices()
            for item in stored:
                if (intent := readable_intent(item)) is None:
                    unreadable.append(item["_id"])
                else:
                    intents.append(intent)
                await slices.step()
            if unreadable:
                await self._set_aside(unreadable)
            if intents or not stored:
                return intents

    async def _set_aside(self, intent_ids: list[Any]) -> None:
        # Keep the unreadable ones: they say which notifications have no record on the topic.
        await self._collection.update_many(
            {"_id": {"$in": intent_ids}}, {"$set": {"state": "unreadable"}}
        )

    async def unreadable(self) -> int:
        """Return the number of intents that were set aside."""
        return await self._collection.count_documents({"state": "unreadable"})

    async def oldest_age(self) -> float:
        """Return the age in seconds of the oldest intent, open or queued; 0 if there is none."""
        oldest: list[dict[str, Any]] = [
            {"$match": {"state": _UNPUBLISHED}},
            {"$sort": {"opened_at": 1}},
            {"$limit": 1},
            {"$project": _AGE},
        ]
        async for item in self._collection.aggregate(oldest):
            return max(0.0, float(item["milliseconds"]) / 1000)
        return 0.0


def _opening(intent: Intent) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the query and the change of the upsert that writes the intent."""
    stored = {
        "state": "open",
        "ids": intent.ids,
        "records": [_stored_record(record) for record in intent.records],
        "notices": [
            {"id": notification_id, "user": notice.user_id, "value": notice.value}
            for notification_id, notice in intent.notices.items()
        ],
    }
    # Use an update, because an insert cannot use MongoDB's clock.
    return {"_id": intent.id}, {"$setOnInsert": stored, "$currentDate": {"opened_at": True}}


def _stored_record(record: TopicRecord) -> dict[str, Any]:
    return {"key": record.key, "value": record.value, "headers": record.headers}
