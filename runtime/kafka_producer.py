"""Ends a producer within a time, be Kafka there or not."""

import asyncio
from typing import Any

from aiokafka.errors import KafkaError

_TURN_SECONDS = 0.05


async def end(producer: Any, seconds: float) -> None:
    """Send what it holds, and stop it; what Kafka does not take in that time is given up."""
    try:
        async with asyncio.timeout(seconds):
            await producer.stop()
    except (KafkaError, OSError, TimeoutError):
        # aiokafka closes itself after its last batch: until then it would go on trying, unowned.
        sending = producer._sender.sender_task  # noqa: SLF001
        while not sending.done():
            sending.cancel()  # ends one of the requests that it waits for, then itself
            await asyncio.wait((sending,), timeout=_TURN_SECONDS)
        await producer.client.close()
