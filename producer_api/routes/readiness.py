"""Readiness: whether the program can use MongoDB and Kafka."""

import asyncio

from pymongo.errors import PyMongoError

from producer_api.mongodb.connection import Client
from producer_api.mongodb.stores import Stores
from producer_api.outbox.publisher import Publisher

_PING_SECONDS = 2.0


class Readiness:
    """Checks MongoDB, its indexes, and Kafka at each call."""

    def __init__(self, client: Client, stores: Stores, publisher: Publisher) -> None:
        self._client = client
        self._stores = stores
        self._publisher = publisher

    async def problems(self) -> dict[str, str]:
        """Return each unusable part, and what is wrong with it. Takes at most 2 s."""
        answers = await asyncio.gather(self._mongo(), self._publisher.problem())
        parts = zip(("MongoDB", "Kafka"), answers, strict=True)
        return {part: reason for part, reason in parts if reason is not None}

    async def _mongo(self) -> str | None:
        try:
            async with asyncio.timeout(_PING_SECONDS):
                await self._client.admin.command("ping")
        except (PyMongoError, TimeoutError):
            return "does not answer"
        return None if self._stores.are_prepared else "indexes are being created"
