"""Makes large bodies take turns to be checked, so that no request waits for all of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

#: Checking a smaller body takes less time than other parts of the request.
_SMALL_BYTES = 4 * 1024
_NOW = nullcontext()


class CheckTurns:
    """Owns the turn to check a large body on the event loop.

    One body, or one slice of a batch, is checked per iteration of the loop, in the order of
    arrival. So other requests wait for one check, however many large bodies arrive together.
    Threads would not help: parsing holds the interpreter's lock, and so would stop the loop, too.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    def turn(self, size: int) -> AbstractAsyncContextManager[None]:
        """Wait until it is this body's turn. A small body of `size` bytes needs none."""
        return _NOW if size <= _SMALL_BYTES else self._of_large()

    @asynccontextmanager
    async def _of_large(self) -> AsyncIterator[None]:
        async with self._turn:
            await asyncio.sleep(0)  # other tasks run before each turn
            yield
