"""The away program's connection to MongoDB."""

from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import ReadPreference, WriteConcern
from pymongo.read_concern import ReadConcern

from producer_api.contract.stored import TOLERANT
from runtime.time_limits import MONGO_LIMITS, MONGO_SOCKET_MS


class Database:
    """Owns the connection. All reads go to the primary; reads and writes use majority concern."""

    def __init__(self, url: str, name: str) -> None:
        self._client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
            url,
            tz_aware=True,
            appname="away",
            **MONGO_LIMITS,
            **TOLERANT,
        )
        self._database = self._client.get_database(
            name,
            write_concern=WriteConcern(w="majority", wtimeout=MONGO_SOCKET_MS),
            read_concern=ReadConcern("majority"),
            read_preference=ReadPreference.PRIMARY,
        )

    def __getitem__(self, name: str) -> Any:
        """Return the collection with this name."""
        return self._database[name]

    async def ping(self) -> None:
        """Check that the primary answers. Raises `pymongo.errors.PyMongoError`."""
        await self._client.admin.command("ping")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
