"""Muting: when a batch is created, decides which of its notifications are muted."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from motor.motor_asyncio import AsyncIOMotorClientSession

from producer_api.contract.category import category_of
from producer_api.contract.notification import Document
from producer_api.preferences.preference_store import PreferenceStore


class _Mutable(NamedTuple):
    """A notification that its user may have muted."""

    id: str
    user: str
    category: str


class Muting:
    """Finds the muted notifications of a batch with at most one query. Owns no state.

    Nobody can mute the categories `always`, so notifications of these need no query.
    """

    def __init__(self, preferences: PreferenceStore, always: Collection[str]) -> None:
        self._preferences = preferences
        self._always = frozenset(always)

    async def muted(
        self, created: Iterable[Document], session: AsyncIOMotorClientSession
    ) -> frozenset[str]:
        """Return the ids of the notifications that their users have muted.

        Reads all preferences as of the session's snapshot. So a preference that changes meanwhile
        applies to the whole batch or to none of it. Raises `pymongo.errors.PyMongoError`.
        """
        mutable = self._mutable(created)
        if not mutable:
            return frozenset()
        users, categories = {each.user for each in mutable}, {each.category for each in mutable}
        muted = await self._preferences.muted(users, categories, session)
        return frozenset(each.id for each in mutable if each.category in muted.get(each.user, ()))

    def _mutable(self, created: Iterable[Document]) -> list[_Mutable]:
        pairs = ((document, category_of(document["type"])) for document in created)
        return [
            _Mutable(document["_id"], document["user_id"], category)
            for document, category in pairs
            if category not in self._always
        ]
