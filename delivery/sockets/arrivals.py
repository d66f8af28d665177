"""Begins sessions a few at a time, so that thousands of new clients do not block the others."""

import asyncio

from runtime.batch_queue import BatchQueue

#: Beginning a session takes about 1 ms. The Socket.IO connection in the session comes next, and
#: takes another millisecond.
_PER_TURN = 8


class Arrivals:
    """Owns the sessions that are about to begin, in the order in which their requests came.

    If an instance dies, all of its clients connect to the others at the same time. If all their
    sessions began without a pause, the event loop would be blocked for seconds. This instance would
    then miss heartbeats, and lose its partitions, too.
    """

    def __init__(self) -> None:
        self._waiting: BatchQueue[asyncio.Future[None]] = BatchQueue()

    async def turn(self) -> None:
        """Wait until a session may begin."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.add(turn)
        await turn

    async def run(self) -> None:
        """Let sessions begin until cancelled."""
        while True:
            await self._waiting.until_filled()
            for turn in self._waiting.take(_PER_TURN):
                if not turn.done():  # The request may have been cancelled.
                    turn.set_result(None)
            # Let these sessions begin, and let other tasks run.
            await asyncio.sleep(0)
