"""The entries in MongoDB's collection `away`: what is due, who works on it, and what was told."""

import logging
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pymongo import ASCENDING, IndexModel
from pymongo.errors import BulkWriteError

from delivery.away.core.entry import Entry, Way

COLLECTION = "away"
_DUPLICATE_KEY = 11_000
_MOST_COUNTED = 100_000
#: No entry fails so often: the pauses between its attempts are too long.
_MOST_FAILURES = 1_000_000
_INDEXES = [
    # Entries that are told, or dead letters, have no `next_at`.
    IndexModel(
        [("way", ASCENDING), ("next_at", ASCENDING), ("category", ASCENDING)],
        name="due",
        partialFilterExpression={"next_at": {"$type": "date"}},
    ),
    IndexModel([("user_id", ASCENDING)], name="user"),
    IndexModel(
        [("dead.at", ASCENDING)], name="dead", partialFilterExpression={"dead": {"$exists": True}}
    ),
    IndexModel([("delete_at", ASCENDING)], name="ended", expireAfterSeconds=0),
]


_log = logging.getLogger(__name__)


class ClaimedEntry(NamedTuple):
    """An entry that this process may tell until its lease ends."""

    entry: Entry
    lease: str


class EntryCounts(NamedTuple):
    """How many entries there are, up to a bound."""

    waiting: int
    due: int
    dead: int


class Entries:
    """Owns the collection. Every coroutine may raise `pymongo.errors.PyMongoError`.

    A document has the entry's fields, and in addition:

    - `next_at`, when the entry is due next. While a process works on it, the end of its lease.
    - `lease`, the mark of that process's claim. Only its holder may end the entry.
    - `told_at` or `dead`, without `next_at`, once the entry has ended. MongoDB deletes it at
      `delete_at`.
    """

    def __init__(self, collection: Any, lease_seconds: float, kept_seconds: float) -> None:
        """Keep told entries for `kept_seconds`: their records may be read again until then.

        Keeps dead letters 30 times as long, so that operators can revive them.
        """
        self._collection = collection
        self._lease = timedelta(seconds=lease_seconds)
        self._kept = timedelta(seconds=kept_seconds)

    async def prepare(self) -> None:
        """Create the missing indexes."""
        await self._collection.create_indexes(_INDEXES)

    async def note(self, entries: Iterable[Entry]) -> int:
        """Write these entries, unless they are written already. Return how many are new."""
        documents = [
            {
                "_id": entry.id,
                "way": entry.way.value,
                "notification": entry.notification,
                "user_id": entry.user,
                "category": entry.category,
                "due_at": entry.due_at,
                "next_at": entry.due_at,
                "failures": 0,
            }
            for entry in entries
        ]
        if not documents:
            return 0
        try:
            await self._collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            details = error.details or {}
            others = [
                each for each in details.get("writeErrors", ()) if each["code"] != _DUPLICATE_KEY
            ]
            if others or details.get("writeConcernErrors"):
                raise
            return int(details.get("nInserted", 0))
        return len(documents)

    async def settle(self, ids: Collection[str]) -> None:
        """Delete the entries of these notifications: they need not be told any more."""
        if ids:
            keys = [f"{notification}:{way}" for notification in ids for way in Way]
            await self._collection.delete_many({"_id": {"$in": keys}})

    async def make_due(self, user: str, now: datetime) -> None:
        """Make an erased user's entries due now, and delete those that have ended.

        A notification that was created during the erasure may remain. So the entries are not
        deleted at once: a process claims each one, and decides about it. This includes entries that
        another process is working on. That process loses its claim, because an entry that it ended
        would keep the user's id.
        """
        await self._collection.delete_many({"user_id": user, "next_at": None})
        await self._collection.update_many(
            {"user_id": user}, {"$set": {"next_at": now}, "$unset": {"lease": ""}}
        )

    async def claim(
        self, way: Way, categories: Mapping[str, Any], count: int, now: datetime
    ) -> list[ClaimedEntry]:
        """Claim up to `count` due entries, the oldest first. `categories` is a MongoDB condition.

        Several processes may claim at the same time. Each entry goes to one of them.
        """
        due = {"way": way.value, "next_at": {"$lte": now}}
        cursor = self._collection.find(
            {**due, **({"category": categories} if categories else {})},
            projection=["_id"],
            sort=[("next_at", ASCENDING)],
            limit=count,
        )
        ids = [document["_id"] for document in await cursor.to_list(count)]
        if not ids:
            return []
        lease = secrets.token_hex(8)
        await self._collection.update_many(
            {"_id": {"$in": ids}, **due}, {"$set": {"next_at": now + self._lease, "lease": lease}}
        )
        documents = await self._collection.find({"_id": {"$in": ids}, "lease": lease}).to_list(None)
        claims = []
        for document in documents:
            try:
                claims.append(ClaimedEntry(_entry(document), lease))
            except (KeyError, TypeError, ValueError) as error:
                await self._set_aside(document, error)
        return claims

    async def wait(self, claim: ClaimedEntry, until: datetime) -> None:
        """End the claim: the entry is due again at this time."""
        await self._end(claim, {"next_at": until})

    async def retry(
        self,
        claim: ClaimedEntry,
        at: datetime,
        reason: str,
        told: Iterable[str] = (),
        *,
        failed: bool = True,
    ) -> None:
        """End the claim: the attempt is made again at this time.

        `told` are the subscriptions that have got the message. Without `failed`, the attempt does
        not count.
        """
        entry = claim.entry
        fields = {"next_at": at, "failures": entry.failures + failed, "reason": reason}
        await self._end(claim, {**fields, "told": sorted(entry.told.union(told))})

    async def end_told(self, claim: ClaimedEntry, now: datetime) -> None:
        """End the entry, because it is told."""
        await self._end(claim, {"told_at": now, "delete_at": now + self._kept}, ["next_at"])

    async def end_dead(self, claim: ClaimedEntry, now: datetime, reason: str) -> None:
        """End the entry as a dead letter."""
        dead = {"at": now, "reason": reason, "failures": claim.entry.failures + 1}
        await self._end(claim, {"dead": dead, "delete_at": now + 30 * self._kept}, ["next_at"])

    async def drop(self, claim: ClaimedEntry) -> None:
        """Delete the entry."""
        await self._collection.delete_one({"_id": claim.entry.id, "lease": claim.lease})

    async def release(self, claims: Sequence[ClaimedEntry], now: datetime) -> None:
        """End claims that this process will not work on: others may claim the entries now."""
        ids, leases = [each.entry.id for each in claims], [each.lease for each in claims]
        await self._collection.update_many(
            {"_id": {"$in": ids}, "lease": {"$in": leases}},
            {"$set": {"next_at": now}, "$unset": {"lease": ""}},
        )

    async def oldest_due(self) -> datetime | None:
        """Return the earliest due time of all entries; None if no entry has one."""
        found = await self._collection.find_one(
            {"next_at": {"$type": "date"}, "way": {"$in": [way.value for way in Way]}},
            projection=["next_at"],
            sort=[("next_at", ASCENDING)],
        )
        return found["next_at"] if found else None

    async def counts(self, now: datetime) -> EntryCounts:
        """Count what is not told yet, and the dead letters."""
        untold = {"way": {"$in": [way.value for way in Way]}, "next_at": {"$type": "date"}}
        due = {**untold, "next_at": {"$type": "date", "$lte": now}}
        every, overdue, dead = [
            await self._collection.count_documents(query, limit=_MOST_COUNTED)
            for query in (untold, due, {"dead": {"$exists": True}})
        ]
        return EntryCounts(every - overdue, overdue, dead)

    async def _set_aside(self, document: Mapping[str, Any], error: Exception) -> None:
        """Remove a damaged entry's due time, so that nobody claims it again."""
        _log.error("entry unreadable", extra={"entry": document["_id"], "cause": repr(error)})
        await self._collection.update_one({"_id": document["_id"]}, {"$unset": {"next_at": ""}})

    async def _end(
        self, claim: ClaimedEntry, fields: Mapping[str, Any], removed: Sequence[str] = ()
    ) -> None:
        await self._collection.update_one(
            {"_id": claim.entry.id, "lease": claim.lease},
            {"$set": dict(fields), "$unset": dict.fromkeys([*removed, "lease"], "")},
        )


def _entry(document: Mapping[str, Any]) -> Entry:
    failures, told = document["failures"], document.get("told", ())
    if not isinstance(document["due_at"], datetime) or not isinstance(failures, int):
        raise TypeError("due_at is not a time, or failures is not a number")
    if not 0 <= failures < _MOST_FAILURES:
        raise ValueError("failures is out of range")
    texts = [document[name] for name in ("_id", "notification", "user_id", "category")]
    if not all(isinstance(each, str) for each in (*texts, *told)):
        raise TypeError("an id, the user, the category or a part of told is not a text")
    return Entry(
        Way(document["way"]),
        document["notification"],
        document["user_id"],
        document["category"],
        document["due_at"],
        failures,
        frozenset(told),
    )
