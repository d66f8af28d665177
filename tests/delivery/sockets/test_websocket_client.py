"""A shopper's session over a WebSocket, from its opening to its end."""

import asyncio
import gc
import json
import weakref
from collections.abc import Iterator

import pytest

from delivery import metrics
from delivery.core.decision_types import Fault
from delivery.sockets import client as client_module
from delivery.sockets import websocket_client, wire
from producer_api.contract.token_verifier import Identity
from tests.delivery.sockets.instance import WEBSOCKET, connect_packet, ids_of, running
from tests.delivery.sockets.served import BINARY, CLOSE, PONG, RawClient, on_uvloop, until
from tests.services.tokens import shopper_token


@on_uvloop
async def test_pushes_are_acked_in_any_order_and_each_ack_counts_once(
    ports: Iterator[int],
) -> None:
    async with running(next(ports)) as instance, instance.shopper() as ana:
        acks = [instance.push(ana.socket, name) for name in ("a", "b", "c")]
        packets = [await ana.raw.text() for _ in acks]
        assert [ids_of(packet) for packet in packets] == [["a"], ["b"], ["c"]]
        assert [packet[: packet.index("[")] for packet in packets] == ["421", "422", "423"]
        unknown = metrics.UNKNOWN_ACKS._value.get()
        for ack in ("433[]", "433[]", '431["with an argument"]', "4399[]", "43[]", "43/x,2[]"):
            ana.raw.send(ack)
        await until(lambda: metrics.UNKNOWN_ACKS._value.get() == unknown + 4)
        ana.raw.send("432[]")
        # The client's packets are handled in order, so this ack shows that the one before is.
        last = instance.push(ana.socket, "d")
        await ana.raw.text()
        ana.raw.send("434[]")
        await until(lambda: last.times == 1)
        # For the owner, the ack of the third event covers the two before it.
        assert [ack.times for ack in acks] == [0, 0, 1]


@on_uvloop
async def test_acks_before_and_after_the_connection_are_harmless(ports: Iterator[int]) -> None:
    async with (
        running(next(ports)) as instance,
        RawClient.opened(instance.port, WEBSOCKET) as early,
        instance.shopper() as ana,
    ):
        unknown = metrics.UNKNOWN_ACKS._value.get()
        early.send("431[]")
        await until(lambda: metrics.UNKNOWN_ACKS._value.get() == unknown + 1)
        ack = instance.push(ana.socket, "a")
        await ana.raw.text()
        ana.raw.send("41")
        await until(lambda: not instance.link.subscribed)
        ana.raw.send("431[]")
        first = ana.socket
        await ana.enter("ana")
        assert (ack.times, ana.socket != first) == (0, True)
        ack = instance.push(ana.socket, "a")
        assert await ana.raw.text() == '422["notifications",[{"id":"a"}]]'
        ana.raw.send("432[]")
        await until(lambda: ack.times == 1)


@on_uvloop
async def test_what_is_sent_arrives_in_the_order_of_the_calls(ports: Iterator[int]) -> None:
    async with running(next(ports)) as instance, instance.shopper() as ana:
        instance.push(ana.socket, "a")
        instance.pushes.emit_inbox("ana", b'{"n":1}')
        await instance.parts.server.emit("greeting", "hello", to=ana.socket)
        instance.push(ana.socket, "b")
        instance.pushes.disconnect(ana.socket, Fault.SILENT)
        packets = [await ana.raw.text() for _ in range(5)]
        assert [packet.lstrip("42 1").split(",")[0] for packet in packets] == [
            '["notifications"',
            '["inbox"',
            '["greeting"',
            '["notifications"',
            "",
        ]
        assert packets[-1] == "41"
        assert not instance.link.subscribed


@on_uvloop
async def test_a_second_connect_is_refused_and_changes_nothing(ports: Iterator[int]) -> None:
    async with running(next(ports)) as instance, instance.shopper() as ana:
        for packet in (connect_packet("berto"), "40/admin,"):
            ana.raw.send(packet)
            assert (await ana.raw.text()).startswith("44")
        assert instance.link.subscribed == {ana.socket: "ana"}
        ana.raw.send(f'427["auth",{json.dumps({"token": shopper_token("ana")})}]')
        assert await ana.raw.text() == '437[{"ok":true}]'


@on_uvloop
async def test_nothing_is_left_of_a_client_that_leaves_while_its_token_is_verified(
    ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    verified, asked = asyncio.Event(), asyncio.Event()
    async with running(next(ports)) as instance:
        verify = instance.verifier.verify

        async def slow(token: str) -> Identity:
            asked.set()
            await verified.wait()
            return await verify(token)

        monkeypatch.setattr(instance.verifier, "verify", slow)
        async with RawClient.opened(instance.port, WEBSOCKET) as client:
            client.send(connect_packet("ana"))
            await asked.wait()
        await until(lambda: not instance.parts.departures._ends)
        verified.set()


@on_uvloop
async def test_an_ack_that_waits_behind_another_packet_counts_when_the_client_leaves(
    ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    verified, asked = asyncio.Event(), asyncio.Event()
    async with running(next(ports)) as instance, instance.shopper() as ana:
        verify = instance.verifier.verify

        async def slow(token: str) -> Identity:
            asked.set()
            await verified.wait()
            return await verify(token)

        monkeypatch.setattr(instance.verifier, "verify", slow)
        ack = instance.push(ana.socket, "a")
        token = shopper_token("ana")
        ana.raw.send(f'42["auth",{{"token":"{token}"}}]')
        await asked.wait()
        ana.raw.send('431["with an argument"]')
        ana.raw.send(b"", CLOSE)
        client = instance.parts.clients.get(ana.socket)
        await until(lambda: client is not None and client.has_ended)
        verified.set()
        await until(lambda: not instance.link.subscribed)
        assert ack.times == 1


@on_uvloop
async def test_a_flood_of_packets_waits_in_the_network(
    ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    verified, most = asyncio.Event(), 0
    handle = websocket_client.WebSocketClient._handle

    async def slow(self: websocket_client.WebSocketClient, text: str) -> None:
        nonlocal most
        most = max(most, len(self._waiting))
        if text.startswith("42"):
            await verified.wait()
        await handle(self, text)

    monkeypatch.setattr(websocket_client.WebSocketClient, "_handle", slow)
    async with (
        running(next(ports), packets_per_second=10_000) as instance,
        instance.shopper() as ana,
    ):
        for number in range(5_000):
            ana.raw.send(f'42{number}["auth","{"x" * 500}"]')
        await until(lambda: most > 0 or ana.raw.writer.transport.get_write_buffer_size() > 0)
        verified.set()
        for number in range(5_000):
            assert (await ana.raw.text()).startswith(f"43{number}[")
        assert 0 < most < 500


@pytest.mark.parametrize(
    ("message", "kind", "code"),
    [
        ("zz", 1, 1000),
        ("", 1, 1000),
        ("2", 1, 1000),
        ("5", 1, 1000),
        ('4{"x":' + "[" * 60_000, 1, 1000),
        ("\x04", BINARY, 1000),
        (b"4\xff", 1, 1007),
    ],
)
def test_what_is_not_engineio_ends_the_session(
    message: str | bytes, kind: int, code: int, ports: Iterator[int]
) -> None:
    @on_uvloop
    async def scenario() -> None:
        malformed = metrics.MALFORMED_PACKETS._value.get()
        async with running(next(ports)) as instance, instance.shopper() as ana:
            ana.raw.send(message, kind)
            assert await ana.raw.until_closed() == code
            ana.raw.send(code.to_bytes(2, "big"), CLOSE)
            await until(lambda: not instance.link.subscribed)
        assert metrics.MALFORMED_PACKETS._value.get() == malformed + 1

    scenario()


@on_uvloop
async def test_a_client_that_no_longer_answers_the_heartbeat_is_cut(
    ports: Iterator[int],
) -> None:
    async with running(next(ports)) as instance:
        engine = instance.parts.server.eio
        engine.ping_interval, engine.ping_timeout = 0.05, 1
        async with instance.shopper() as ana:
            ana.raw.send("3")  # a pong without a ping must not end the heartbeat
            for _ in range(30):  # for longer than the time-out of a ping
                assert await ana.raw.text() == "2"
                ana.raw.send("3")
            engine.ping_timeout = 0.1
            assert await ana.raw.text() == "2"
            ana.raw.send(b"", PONG)  # a WebSocket pong is no Engine.IO pong
            assert await ana.raw.until_closed() == 1006


@on_uvloop
async def test_a_session_without_a_connection_ends_after_the_grace_time(
    ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_GRACE_SECONDS", 0.1)
    async with (
        running(next(ports)) as instance,
        instance.shopper() as stays,
        instance.shopper("berto") as leaves,
        RawClient.opened(instance.port, WEBSOCKET) as silent,
    ):
        leaves.raw.send("41")
        for client in (leaves.raw, silent):
            assert await client.until_closed() == 1000
        assert list(instance.link.subscribed) == [stays.socket]


@on_uvloop
async def test_a_client_that_ignores_the_end_is_cut(
    ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "_CLOSE_SECONDS", 0.1)
    async with running(next(ports)) as instance, instance.shopper() as ana:
        client = instance.parts.clients.get(ana.socket)
        assert client is not None
        client.end()
        client.end()
        instance.push(ana.socket, "too late")
        assert (await ana.raw.read()).code == 1000
        await until(instance.is_empty)


@on_uvloop
async def test_nothing_of_an_ended_session_is_left_to_the_garbage_collector(
    ports: Iterator[int],
) -> None:
    gc.collect()
    gc.disable()
    try:
        async with running(next(ports)) as instance:
            async with instance.shopper() as ana:
                instance.push(ana.socket, "a")
                client = instance.parts.clients.get(ana.socket)
                assert isinstance(client, websocket_client.WebSocketClient)
                refs = [weakref.ref(each) for each in (client, client._socket, client._wire)]
                del client
            await until(lambda: all(ref() is None for ref in refs))
    finally:
        gc.enable()
