"""The collection `preferences`: one document per user who has changed a preference."""

from collections.abc import Collection
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection

from producer_api.contract.preferences import QuietHours, muted_in, quiet_hours_in
from producer_api.mongodb.collections import create_missing


class PreferenceStore:
    """Owns the preferences of all users. Every method raises `pymongo.errors.PyMongoError`."""

    def __init__(self, collection: AsyncIOMotorCollection[Any]) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Create the collection.

        It must exist before the first create, because a snapshot cannot read a collection that is
        newer than the snapshot.
        """
        await create_missing(self._collection)

    async def of(self, user_id: str) -> tuple[list[str], QuietHours | None]:
        """Return the user's muted categories and quiet hours."""
        document = await self._collection.find_one({"_id": user_id})
        return muted_in(document), quiet_hours_in(document)

    async def replace(
        self, user_id: str, muted: Collection[str], quiet_hours: QuietHours | None
    ) -> None:
        """Replace all preferences of the user. They apply to creates that begin afterwards."""
        fields = {"muted": sorted(set(muted)), "quiet_hours": quiet_hours}
        change = {"$set": fields, "$currentDate": {"updated_at": True}}
        await self._collection.update_one({"_id": user_id}, change, upsert=True)

    async def muted(
        self,
        user_ids: Collection[str],
        categories: Collection[str],
        session: AsyncIOMotorClientSession,
    ) -> dict[str, list[str]]:
        """Return all muted categories of those users who have muted one of these `categories`.

        Reads as of the session's snapshot.
        """
        query = {"_id": {"$in": sorted(user_ids)}, "muted": {"$in": sorted(categories)}}
        found = self._collection.find(query, {"muted": 1}, session=session)
        return {document["_id"]: muted_in(document) async for document in found}

    async def forget_user(self, user_id: str, session: AsyncIOMotorClientSession) -> None:
        """Delete the user's preferences, in the session's transaction."""
        await self._collection.delete_one({"_id": user_id}, session=session)
