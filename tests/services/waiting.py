"""Waiting for the state of another process."""

import asyncio
from collections.abc import Awaitable, Callable

#: How long a test waits for a condition before it fails. A passing test never waits that long. The
#: limit only has to be long enough for the slowest machine.
PATIENCE_SECONDS = 60.0
#: The pauses between polls grow, because each poll may cost several programs CPU time.
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS, _GROWTH = 0.02, 0.1, 1.2


async def eventually(
    holds: Callable[[], Awaitable[bool]], *, within: float = PATIENCE_SECONDS
) -> None:
    """Poll until the condition holds. Raises `TimeoutError` after `within` seconds."""
    pause = _FIRST_PAUSE_SECONDS
    async with asyncio.timeout(within):
        # The state belongs to another process, so there is no event to await.
        while not await holds():
            await asyncio.sleep(pause)
            pause = min(pause * _GROWTH, _LONGEST_PAUSE_SECONDS)
