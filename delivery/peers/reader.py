"""Reads the frames of one link. Handles most messages as soon as their frame is read."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from itertools import chain
from typing import Protocol

from delivery.peers.frames import MalformedFrameError, decode
from delivery.peers.messages import Message
from runtime.slices import SLICE_SECONDS, Slices

#: No more is read from the peer while this many of its frames wait.
_MAX_WAITING = 16


#: Handles the message if it can be handled at once, and returns whether it was.
HandleNow = Callable[[Message], bool]
#: Handles any message.
Handle = Callable[[Message], Awaitable[None]]


class Readable(Protocol):
    """The part of a `Wire` that reads."""

    def pause_reading(self) -> None:
        """Read nothing more for now."""

    def resume_reading(self) -> None:
        """Read again."""


class LinkEndedError(Exception):
    """The WebSocket of the link has ended; the message has its code."""


class FrameReader:
    """Owns the frames that wait, and the time at which the last one arrived.

    A message that `handle_now` takes is handled as soon as it is read, without a queue or a task.
    All others wait, and `run` handles them in slices. So does the rest of a frame that takes longer
    than a slice. A message behind a waiting one also waits, because messages take effect in order.
    Nothing here waits for a write on the link: if both peers did so, they would wait for each other
    forever.
    """

    def __init__(self) -> None:
        self._handle_now: HandleNow = lambda _: False  # before `run`, all messages wait
        self._wire: Readable | None = None
        self._waiting: deque[Iterator[Message]] = deque()
        self._is_reading = True
        self._changed = asyncio.Event()
        self._error: Exception | None = None
        self._heard_at = time.monotonic()

    # ── what the wire calls ────────────────────────────────────────────────────────────────

    def received(self, message: bytes, *, is_text: bool) -> None:
        """Handle a frame."""
        self._heard_at = now = time.monotonic()
        if self._error is not None:
            return  # The link is ending: `run` will raise the error soon.
        if is_text:
            self._fail(MalformedFrameError("the frame is text, not bytes"))
        elif self._waiting:
            self._wait(decode(message))
        else:
            self._handle_frame(decode(message), now + SLICE_SECONDS)

    def closed(self, code: int) -> None:
        """Let `run` raise `LinkEndedError`, because the WebSocket has ended."""
        self._fail(LinkEndedError(f"the WebSocket ended with code {code}"))

    # ── tasks ──────────────────────────────────────────────────────────────────────────────

    async def run(self, wire: Readable, handle_now: HandleNow, handle: Handle) -> None:
        """Handle messages until cancelled: with `handle_now` if it takes them, else with `handle`.

        Raises `MalformedFrameError`, or `LinkEndedError`.
        """
        self._wire, self._handle_now = wire, handle_now
        if self._error is None:
            wire.resume_reading()
        slices = Slices()
        while True:
            await self._changed.wait()
            self._changed.clear()
            while self._waiting:
                for message in self._waiting[0]:
                    await handle(message)
                    await slices.step()
                self._waiting.popleft()
            if self._error is not None:
                raise self._error
            if not self._is_reading:
                self._is_reading = True
                self._heard_at = time.monotonic()
                wire.resume_reading()

    async def watch(self, seconds: float) -> None:
        """Raise `TimeoutError` when nothing has been received for this long."""
        rest = seconds
        while rest > 0:
            await asyncio.sleep(rest)
            if self._waiting:
                # This side is the slow one, and may have stopped reading. Ending the link now
                # would only make the peer send thousands of subscriptions again.
                self._heard_at = time.monotonic()
            rest = self._heard_at + seconds - time.monotonic()
        raise TimeoutError(f"nothing was received for {seconds} seconds")

    # ── steps ──────────────────────────────────────────────────────────────────────────────

    def _handle_frame(self, messages: Iterator[Message], end: float) -> None:
        try:
            for message in messages:
                if not self._handle_now(message):
                    self._wait(chain((message,), messages))
                    return
                if time.monotonic() > end:
                    self._wait(messages)
                    return
        except MalformedFrameError as error:
            self._fail(error)

    def _wait(self, messages: Iterator[Message]) -> None:
        self._waiting.append(messages)
        self._changed.set()
        if len(self._waiting) >= _MAX_WAITING and self._is_reading and self._wire is not None:
            self._is_reading = False
            self._wire.pause_reading()

    def _fail(self, error: Exception) -> None:
        self._error = self._error or error
        self._changed.set()
