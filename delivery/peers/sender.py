"""Sends the messages of one link, many of them in one frame."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from delivery.peers.frames import encode_into
from delivery.peers.messages import Message

#: A frame gets no further message once it has this size. An edge's frames must stay below the limit
#: for shoppers' messages, because the web server applies that limit to peers, too.
_FRAME_BYTES = 32 * 1024
#: An owner that is busy with thousands of subscriptions may read nothing for seconds, although it
#: sends beats. Ending the link would only make the edge send all subscriptions again. So this limit
#: is longer than the one after which `Wire` cuts a peer that reads nothing. A link without beats
#: ends much sooner (`SILENCE_SECONDS`).
_SEND_SECONDS = 30.0

_LIMIT_MESSAGES = 200_000

MakeMessage = Callable[[], Message]


class SlowPeerError(Exception):
    """The peer reads its messages too slowly."""


class Writable(Protocol):
    """The part of a `Wire` that sends."""

    @property
    def is_writable(self) -> bool:
        """Whether the peer has read almost everything that was sent."""

    def send(self, message: bytes, *, is_text: bool = True) -> None:
        """Send at once, or buffer the message."""

    async def until_writable(self) -> None:
        """Wait until the peer has read almost everything, or the WebSocket has ended."""


class Sender:
    """Owns the messages of one link that are not sent yet.

    Adding a message never waits. The reader of the link adds messages, too: if it waited for room,
    two peers with full queues would wait for each other forever. The queue is still bounded,
    because each socket has one subscription and a few outstanding events. It holds only references
    to the events.

    Messages that are added in one turn of the event loop are sent in the next turns, one frame in
    each. `run` gives up the link if the peer reads nothing for too long, or if more than
    `_LIMIT_MESSAGES` messages wait.
    """

    def __init__(self) -> None:
        self._waiting: deque[Message | MakeMessage] = deque()
        self._wire: Writable | None = None
        #: Whether `add` must schedule `_send_frame`, because nothing else will call it.
        self._is_idle = False
        #: Set when `run` must act: the peer does not read, or too many messages wait.
        self._is_stuck = asyncio.Event()
        self._is_overfull = False

    def add(self, message: Message | MakeMessage) -> None:
        """Queue a message. A callable creates its message only when it is sent."""
        if len(self._waiting) > _LIMIT_MESSAGES:
            # This message is lost, so the link must end, even if the queued ones can still be sent.
            self._is_overfull = True
            self._is_stuck.set()
            return
        self._waiting.append(message)
        if self._is_idle:
            self._is_idle = False
            asyncio.get_running_loop().call_soon(self._send_frame)

    async def run(self, wire: Writable) -> None:
        """Send until cancelled. Raises `SlowPeerError`, or `TimeoutError`."""
        self._wire = wire
        try:
            self._send_frame()
            while True:
                await self._is_stuck.wait()
                self._is_stuck.clear()
                async with asyncio.timeout(_SEND_SECONDS):
                    await wire.until_writable()
                if self._is_overfull:
                    raise SlowPeerError(f"more than {_LIMIT_MESSAGES} messages wait")
                self._send_frame()
        finally:
            self._wire = None
            self._is_idle = False

    def _send_frame(self) -> None:
        wire = self._wire
        if wire is None:
            return  # The link has ended.
        if self._waiting:
            wire.send(self._next_frame(), is_text=False)
        if not wire.is_writable:
            self._is_stuck.set()
        elif self._waiting:
            asyncio.get_running_loop().call_soon(self._send_frame)
        else:
            self._is_idle = True

    def _next_frame(self) -> bytes:
        parts: list[bytes] = []
        room = _FRAME_BYTES
        while self._waiting and room > 0:
            message = self._waiting.popleft()
            room -= encode_into(parts, message() if callable(message) else message)
        return b"".join(parts)
