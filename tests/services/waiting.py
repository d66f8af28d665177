"""Waiting for the state of another process."""

import asyncio
from collections.abc import Awaitable, Callable

#: How long a test waits for a condition before it fails. A passing test never waits that long. The
#: bound must only be long enough for the slowest machine.
PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.02


async def eventually(
    holds: Callable[[], Awaitable[bool]], *, within: float = PATIENCE_SECONDS
) -> None:
    """Poll until the condition holds. Raises `TimeoutError` after `within` seconds."""
    async with asyncio.timeout(within):
        # The state belongs to another process, so there is no event to await.
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(_POLL_SECONDS)
