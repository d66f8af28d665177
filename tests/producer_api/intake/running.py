"""A running committer whose MongoDB and Kafka are replaced."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from producer_api.intake.committer import Committer
from producer_api.intake.publication import Publication
from producer_api.intake.transaction import Transaction
from producer_api.metrics import Metrics
from producer_api.outbox.handover import Handover
from producer_api.outbox.intents import Intents
from producer_api.settings import Settings


@asynccontextmanager
async def running(
    parts: Any, max_pending: int = 10_000, **changed: Any
) -> AsyncIterator[Committer]:
    """Run a committer. `parts` replaces MongoDB and Kafka, and `changed` are other settings."""
    settings = Settings(auth_jwt_secret="x" * 32, producer_api_max_pending=max_pending, **changed)
    committer = Committer(
        settings,
        cast("Transaction", parts),
        Publication(cast("Intents", parts), cast("Handover", parts)),
        Metrics(),
    )
    task = asyncio.create_task(committer.run())
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(10):
            yield committer
    finally:
        task.cancel()
        await asyncio.wait([task])
