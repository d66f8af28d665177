"""What is read before an entry is told: the notification, and the user's preferences."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from delivery.away.core.entry import Entry
from producer_api.contract.notification import COLLECTION as NOTIFICATIONS
from producer_api.contract.preferences import COLLECTION as PREFERENCES

_NO_PREFERENCES: Mapping[str, Any] = {}


class Subject(NamedTuple):
    """What an entry is about, as it is now."""

    document: Mapping[str, Any] | None
    """The notification; None if it is deleted."""
    preferences: Mapping[str, Any]


class Subjects:
    """Reads notifications and preferences. Raises `pymongo.errors.PyMongoError`."""

    def __init__(self, database: Any) -> None:
        self._notifications = database[NOTIFICATIONS]
        self._preferences = database[PREFERENCES]

    async def of(self, entries: Collection[Entry]) -> list[Subject]:
        """Return the subject of each entry, in their order."""
        preferences = await _by_id(self._preferences, {entry.user for entry in entries})
        documents = await _by_id(self._notifications, {entry.notification for entry in entries})
        return [
            Subject(documents.get(entry.notification), preferences.get(entry.user, _NO_PREFERENCES))
            for entry in entries
        ]


async def _by_id(collection: Any, ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
    cursor = collection.find({"_id": {"$in": list(ids)}})
    return {document["_id"]: document for document in await cursor.to_list(None)}
