"""Sends the messages of one link, many of them in one frame."""

import asyncio
from collections.abc import Awaitable, Callable

from delivery.peers.frames import encode
from delivery.peers.messages import Message
from runtime.batch_queue import BatchQueue

#: A frame gets no further message once it has this size. An edge's frames must stay below the limit
#: for shoppers' messages, because the web server applies that limit to peers, too.
_FRAME_BYTES = 32 * 1024
_SEND_SECONDS = 5.0

_LIMIT_MESSAGES = 200_000

MakeMessage = Callable[[], Message]


class SlowPeerError(Exception):
    """The peer reads its messages too slowly."""


class Sender:
    """Owns the messages of one link that are not sent yet.

    Adding a message never waits. The task that reads the link adds messages, too: if it waited for
    room, two peers with full queues would wait for each other forever. Each socket has one
    subscription and a few outstanding events, so the queue is bounded. It holds only references to
    events. `run` gives up the link if the peer takes more than five seconds for a frame, or if more
    than `_LIMIT_MESSAGES` messages wait.
    """

    def __init__(self) -> None:
        self._waiting: BatchQueue[Message | MakeMessage] = BatchQueue()

    def add(self, message: Message | MakeMessage) -> None:
        """Queue a message. A callable creates its message only when it is sent."""
        if len(self._waiting) <= _LIMIT_MESSAGES:  # Beyond that, `run` gives up the link.
            self._waiting.add(message)

    async def run(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        """Send until cancelled. Raises `SlowPeerError`, `TimeoutError`, or what `send` raises."""
        while True:
            await self._waiting.until_filled()
            while self._waiting:
                if len(self._waiting) > _LIMIT_MESSAGES:
                    raise SlowPeerError(
                        f"{len(self._waiting)} messages wait, more than {_LIMIT_MESSAGES}"
                    )
                async with asyncio.timeout(_SEND_SECONDS):
                    await send(self._next_frame())

    def _next_frame(self) -> bytes:
        parts: list[bytes] = []
        room = _FRAME_BYTES
        while self._waiting and room > 0:
            message = self._waiting.pop()
            part = encode(message() if callable(message) else message)
            parts.append(part)
            room -= len(part)
        return b"".join(parts)
