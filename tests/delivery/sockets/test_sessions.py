"""The end of a user's sessions, also while a socket connects, and the check of its token."""

import json
import time
from collections.abc import Callable, Iterator

from tests.delivery.sockets.instance import WEBSOCKET, connect_packet, running
from tests.delivery.sockets.served import RawClient, on_uvloop, until


@on_uvloop
async def test_sessions_may_end_before_the_connection_is_confirmed(ports: Iterator[int]) -> None:
    """python-socketio alone would not disconnect the client, which is not connected yet."""
    port = next(ports)
    async with running(port) as instance:
        connections = instance.parts.connections
        when_connected = connections.when_connected

        def end_then_wait(sid: str, then: Callable[[], None]) -> None:
            instance.revocations.learn("ana", time.time())
            when_connected(sid, then)

        connections.when_connected = end_then_wait  # type: ignore[method-assign]
        async with RawClient.opened(port, WEBSOCKET) as client:
            assert (await client.text()).startswith("0")
            client.send(connect_packet("ana"))
            assert (await client.text()).startswith('40{"sid"')
            assert await client.text() == "41", "the server must disconnect the client"
            client.send(connect_packet("ana"))
            refused = await client.text()
            assert refused.startswith("44")
            assert "sign in again" in refused
        await until(instance.is_empty)
        async with instance.shopper("eve") as eve:
            assert eve.socket


@on_uvloop
async def test_a_client_is_told_why_before_it_is_disconnected(ports: Iterator[int]) -> None:
    port = next(ports)
    async with running(port) as instance, instance.shopper("ana") as ana:
        instance.revocations.learn("ana", time.time())
        told = await ana.raw.text()
        assert told.startswith('42["ended",{"reason":"sessions_ended"')
        assert "sign in again" in told
        assert await ana.raw.text() == "41"


@on_uvloop
async def test_a_check_tells_how_long_the_token_lasts(ports: Iterator[int]) -> None:
    async with running(next(ports)) as instance, instance.shopper("ana") as ana:
        ana.raw.send('421["check"]')
        answer = (await ana.raw.text()).removeprefix("431")
        [told] = json.loads(answer)
        assert told["ok"]
        assert 3590 < told["expires_in"] <= 3600
        ana.raw.send('422["check",{"and":"more"}]')
        assert (await ana.raw.text()).startswith("432"), "further arguments must be ignored"
