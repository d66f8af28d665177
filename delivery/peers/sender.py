"""Sends the messages of one link, many in a frame."""

import asyncio
from collections.abc import Awaitable, Callable

from delivery.peers.frames import encode
from delivery.peers.messages import Message
from runtime.batch_queue import BatchQueue

#: A frame grows no further. What comes from an edge must pass the limit for shoppers' messages.
_FRAME_BYTES = 32 * 1024
_SEND_SECONDS = 5.0

_LIMIT_MESSAGES = 200_000

Make = Callable[[], Message]


class SlowPeerError(Exception):
    """The other side does not read what it is sent."""


class Sender:
    """Owns what is to be said over one link, and is not on its way yet.

    Nobody waits to put something in, least of all who reads the link: two full queues would wait
    for each other for ever. It is bounded by what it is about: each socket's subscription, and
    the events it may have outstanding, of which only a reference waits here. Who cannot take a
    frame in five seconds, or lets more wait than any such sum, has lost the link.
    """

    def __init__(self) -> None:
        self._waiting: BatchQueue[Message | Make] = BatchQueue()

    def say(self, message: Message | Make) -> None:
        """Send this behind what waits; a callable makes its message when its turn has come."""
        if len(self._waiting) <= _LIMIT_MESSAGES:  # beyond it, the link is lost anyway
            self._waiting.add(message)

    async def run(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        """Send for ever. Raises what `send` does, or `TimeoutError`."""
        while True:
            await self._waiting.until_filled()
            while self._waiting:
                if len(self._waiting) > _LIMIT_MESSAGES:
                    raise SlowPeerError(f"{len(self._waiting)} messages wait")
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
