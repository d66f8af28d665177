"""Muting: which notifications of a batch their users have muted, when it is created."""

from collections.abc import Collection, Iterable

from motor.motor_asyncio import AsyncIOMotorClientSession

from producer_api.contract.category import category_of
from producer_api.contract.notification import Document
from producer_api.preferences.preference_store import PreferenceStore


class Muting:
    """Finds the muted notifications of a batch with one query, or none. Owns no state.

    Nobody can mute the categories `always`, so notifications of these cost no query.
    """

    def __init__(self, preferences: PreferenceStore, always: Collection[str]) -> None:
        self._preferences = preferences
        self._always = frozenset(always)

    def asks_about(self, created: Iterable[Document]) -> bool:
        """Return whether `muted` would make a query for these notifications."""
        return any(category_of(document["type"]) not in self._always for document in created)

    async def muted(
        self, created: Iterable[Document], session: AsyncIOMotorClientSession
    ) -> frozenset[str]:
        """Return the ids of those of these notifications that their users have muted.

        Reads all preferences as of the session's snapshot. So a preference that changes meanwhile
        applies to the whole batch or to none of it. Raises `pymongo.errors.PyMongoError`.
        """
        mutable: list[tuple[str, str, str]] = []
        for document in created:
            category = category_of(document["type"])
            if category not in self._always:
                mutable.append((document["_id"], document["user_id"], category))
        if not mutable:
            return frozenset()
        _, users, categories = zip(*mutable, strict=True)
        muted = await self._preferences.muted(set(users), set(categories), session)
        return frozenset(
            notification_id
            for notification_id, user_id, category in mutable
            if category in muted.get(user_id, ())
        )
