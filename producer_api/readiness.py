"""Whether the program can do its work: both MongoDB and Kafka are asked."""

import asyncio

from pymongo.errors import PyMongoError

from producer_api.mongodb.connection import Client
from producer_api.outbox.publisher import Publisher

_PING_SECONDS = 2.0


class Readiness:
    """Knows whether the stores are prepared (indexes made), and asks the rest when asked itself."""

    def __init__(self, client: Client, publisher: Publisher) -> None:
        self._client = client
        self._publisher = publisher
        self.stores_prepared = False

    async def troubles(self) -> dict[str, str]:
        """What is missing, by part, in words; empty when all is there. Takes 2 s at most."""
        answers = await asyncio.gather(self._mongo(), self._publisher.trouble())
        parts = zip(("MongoDB", "Kafka"), answers, strict=True)
        return {part: why for part, why in parts if why is not None}

    async def _mongo(self) -> str | None:
        try:
            async with asyncio.timeout(_PING_SECONDS):
                await self._client.admin.command("ping")
        except (PyMongoError, TimeoutError):
            return "does not answer"
        return None if self.stores_prepared else "indexes are being made"
