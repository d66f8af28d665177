"""A stream ends if its client leaves, lags or reads nothing, if its token expires, or at a stop."""

import asyncio
import time
from typing import Any

import pytest

from deploy.console.listening.event_stream import EventStream
from deploy.console.listening.hub import Hub, Listener, TooManyListenersError, server_sent
from producer_api.contract.token_verifier import Identity

_HOUR = 3600.0


class _Client:
    """The ASGI server's side of one stream."""

    def __init__(self, hub: Hub, *, until: float = _HOUR) -> None:
        self.sent = bytearray()
        self.is_complete = False
        self.gone, self.reads = asyncio.Event(), asyncio.Event()
        self.reads.set()
        self._hub = hub
        self.listener: Listener = hub.join(server_sent("state", {"first": True}))
        stream = EventStream(self.listener, lambda: hub.leave(self.listener), time.time() + until)
        self.task = asyncio.create_task(stream({"type": "http"}, self._receive, self._send))

    async def has(self, text: bytes) -> None:
        """Wait until this text has arrived on the stream."""
        async with asyncio.timeout(5):
            while text not in self.sent:  # noqa: ASYNC110 - the task under test sets it
                await asyncio.sleep(0.001)

    async def _receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        await self.reads.wait()
        self.sent += message.get("body", b"")
        if message["type"] == "http.response.body":
            self.is_complete = not message["more_body"]


async def test_a_listener_gets_the_state_first_and_then_what_comes() -> None:
    hub = Hub(2)
    client = _Client(hub)
    await client.has(b'event: state\ndata: {"first":true}\n\n')
    hub.publish(server_sent("records", {"records": []}))
    await client.has(b"event: records\n")
    client.gone.set()
    await client.task
    assert not hub.awaited.is_set()


async def test_streams_are_completed_when_the_console_stops() -> None:
    hub = Hub(2)
    client = _Client(hub)
    await client.has(b"event: state")
    await hub.close()
    await client.task
    assert client.is_complete
    with pytest.raises(TooManyListenersError):
        hub.join()


async def test_a_stream_ends_with_the_token() -> None:
    client = _Client(Hub(2), until=0.05)
    await client.task
    assert client.is_complete


async def test_a_listener_who_lags_is_disconnected_and_the_others_are_not() -> None:
    hub = Hub(2)
    lagging, other = _Client(hub), _Client(hub)
    await lagging.has(b"event: state")
    lagging.reads.clear()
    for number in range(200):
        hub.publish(server_sent("records", {"number": number}))
        await other.has(b'{"number":%d}' % number)
    assert lagging.listener.waiting.qsize() <= 51
    with pytest.raises(asyncio.CancelledError):  # uvicorn closes the connection
        await lagging.task
    assert not other.task.done()
    hub.join()  # the lagging listener has made room
    other.gone.set()
    await other.task


async def test_no_more_listeners_than_allowed_may_join() -> None:
    hub = Hub(1)
    listener = hub.join()
    with pytest.raises(TooManyListenersError):
        hub.join()
    hub.leave(listener)
    hub.join()


async def test_a_stream_ends_when_its_bearers_sessions_are_ended() -> None:
    hub = Hub(2)
    revoked, other = _identity("eva"), _identity("bob")
    listener, remaining = hub.join(identity=revoked), hub.join(identity=other)
    hub.end_refused(lambda identity: identity.subject == "eva")
    assert listener.ended.is_set()
    assert not remaining.ended.is_set()


def _identity(subject: str) -> Identity:
    return Identity(subject, frozenset(), accepted_until=0)
