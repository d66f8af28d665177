"""Whether the program can do its work, which takes MongoDB and Kafka."""

import asyncio

from pymongo.errors import PyMongoError

from producer_api.mongodb.connection import Client
from producer_api.mongodb.stores import Stores
from producer_api.outbox.publisher import Publisher

_PING_SECONDS = 2.0


class Readiness:
    """Checks MongoDB and Kafka at each call, and whether the stores have their indexes."""

    def __init__(self, client: Client, stores: Stores, publisher: Publisher) -> None:
        self._client = client
        self._stores = stores
        self._publisher = publisher

    async def troubles(self) -> dict[str, str]:
        """Return what is wrong, in words, by part; empty when all is well. Takes 2 s at most."""
        answers = await asyncio.gather(self._mongo(), self._publisher.trouble())
        parts = zip(("MongoDB", "Kafka"), answers, strict=True)
        return {part: why for part, why in parts if why is not None}

    async def _mongo(self) -> str | None:
        try:
            async with asyncio.timeout(_PING_SECONDS):
                await self._client.admin.command("ping")
        except (PyMongoError, TimeoutError):
            return "does not answer"
        return None if self._stores.are_prepared else "indexes are being made"
