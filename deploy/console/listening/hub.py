"""The open pages, each with a bounded queue of the events to send to it."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson

from deploy.console import metrics
from producer_api.contract.token_verifier import Identity

#: If more events would wait for a page, its stream ends. The page connects again, and begins with a
#: new state.
_MOST_WAITING = 50


class TooManyListenersError(Exception):
    """As many pages are open as the settings allow."""


class Listener:
    """Owns the queue of one open page. None in the queue ends its stream."""

    def __init__(self, identity: Identity | None = None) -> None:
        self.identity = identity
        """The identity in the token that opened the page."""
        self.waiting: asyncio.Queue[bytes | None] = asyncio.Queue(_MOST_WAITING + 1)
        self.ended = asyncio.Event()

    def put(self, event: bytes) -> None:
        """Queue an event. Ends a listener that is too far behind."""
        if self.ended.is_set():
            return
        if self.waiting.qsize() >= _MOST_WAITING:
            metrics.LAGGARDS.inc()
            while not self.waiting.empty():
                self.waiting.get_nowait()
            self.end()
        else:
            self.waiting.put_nowait(event)

    def end(self) -> None:
        """End the stream after the queued events."""
        if not self.ended.is_set():
            self.ended.set()
            self.waiting.put_nowait(None)


class Hub:
    """Owns the set of listeners."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._listeners: set[Listener] = set()
        self._is_closed = False
        self.awaited = asyncio.Event()
        """Set while there are listeners."""

    def join(self, *events: bytes, identity: Identity | None = None) -> Listener:
        """Add a listener, which first gets these events. Raises `TooManyListenersError`."""
        if self._is_closed or len(self._listeners) >= self._most:
            raise TooManyListenersError
        listener = Listener(identity)
        for event in events:
            listener.put(event)
        self._listeners.add(listener)
        self._note_count()
        return listener

    def leave(self, listener: Listener) -> None:
        """Remove a listener after its stream has ended."""
        self._listeners.discard(listener)
        self._note_count()

    def end_refused(self, refuses: Callable[[Identity], bool]) -> None:
        """End the streams of the listeners whose tokens are now refused."""
        for listener in self._listeners:
            if listener.identity is not None and refuses(listener.identity):
                listener.end()

    def publish(self, event: bytes) -> None:
        """Queue an event for each listener."""
        for listener in self._listeners:
            listener.put(event)

    async def close(self) -> None:
        """End all streams, and accept no more listeners."""
        self._is_closed = True
        for listener in self._listeners:
            listener.end()

    def _note_count(self) -> None:
        metrics.LISTENERS.set(len(self._listeners))
        if self._listeners:
            self.awaited.set()
        else:
            self.awaited.clear()


def server_sent(name: str, data: dict[str, Any]) -> bytes:
    """Return a server-sent event."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), orjson.dumps(data))
