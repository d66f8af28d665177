"""Readiness: whether MongoDB and Kafka can be used, and accepted notifications get published."""

import asyncio

from pymongo.errors import PyMongoError

from producer_api.contract.mongo_problem import refusal
from producer_api.mongodb.connection import Client
from producer_api.mongodb.stores import Stores
from producer_api.outbox.publisher import Publisher
from producer_api.workers.outbox_watch import OutboxWatch

_PING_SECONDS = 2.0
#: How long the relay may take to publish an intent after it has taken the intent over.
_DRAIN_SECONDS = 10.0


class Readiness:
    """Checks MongoDB, its indexes, and Kafka at each call, and the age of the outbox.

    In every process, creates queue behind the oldest unpublished intent. So if the oldest one is
    still unpublished some seconds after `takeover_seconds`, no process is ready, whatever the
    reason.
    """

    def __init__(
        self,
        client: Client,
        stores: Stores,
        publisher: Publisher,
        watch: OutboxWatch,
        takeover_seconds: float,
    ) -> None:
        self._client = client
        self._stores = stores
        self._publisher = publisher
        self._watch = watch
        self._max_unpublished_seconds = takeover_seconds + _DRAIN_SECONDS

    async def problems(self) -> dict[str, str]:
        """Return each unusable part, and what is wrong with it. Takes at most 2 s."""
        answers = await asyncio.gather(self._mongo(), self._publisher.problem())
        parts = zip(("MongoDB", "Kafka", "Outbox"), (*answers, self._outbox()), strict=True)
        return {part: reason for part, reason in parts if reason is not None}

    async def _mongo(self) -> str | None:
        try:
            async with asyncio.timeout(_PING_SECONDS):
                await self._client.admin.command("ping")
        except PyMongoError as error:
            return refusal(error) or "does not answer"
        except TimeoutError:
            return "does not answer"
        return None if self._stores.are_prepared else "indexes are being created"

    def _outbox(self) -> str | None:
        seconds = self._watch.oldest_seconds
        if seconds <= self._max_unpublished_seconds:
            return None
        return f"the oldest notification has not been published for {seconds:.0f} s"
