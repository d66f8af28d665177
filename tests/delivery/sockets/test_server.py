"""Our additions to python-socketio's table of connections, and to its transports."""

import asyncio
import logging
from collections.abc import Iterator
from functools import partial

import pytest
from uvicorn.protocols.utils import ClientDisconnected

from delivery.sockets.clients import Clients
from delivery.sockets.departures import Departures
from delivery.sockets.polling_client import PollingSessions
from delivery.sockets.server import Connections, make_server
from delivery.sockets.wire_protocol import WireProtocol
from tests.delivery.sockets.instance import POLLING, WEBSOCKET, running
from tests.delivery.sockets.polling_shopper import polling
from tests.delivery.sockets.served import RawClient, on_uvloop


def _connections() -> Connections:
    connections = Connections(Clients())
    make_server(connections, Departures(), PollingSessions(1, 100), (), 100)
    return connections


async def test_a_client_is_reported_connected_unless_it_has_gone_before() -> None:
    connections, connected = _connections(), list[str]()
    for client in ("stays", "goes"):
        sid = await connections.pre_connect(client, "/")
        connections.when_connected(sid, partial(connected.append, client))
        if client == "goes":
            await connections.disconnect(sid, "/", ignore_queue=True)
        await connections.connect(sid, "/")
    assert connected == ["stays"]


async def test_nothing_is_left_of_a_client_that_disconnects() -> None:
    connections = _connections()
    sids = [await connections.pre_connect(client, "/") for client in ("one", "two")]
    for sid in sids:
        await connections.connect(sid, "/")
        await connections.enter_room(sid, "/", "user:ana")
    assert dict(connections.get_participants("/", "user:ana")) == dict(
        zip(sids, ("one", "two"), strict=True)
    )
    for sid in sids:
        connections.pre_disconnect(sid, "/")
        await connections.disconnect(sid, "/", ignore_queue=True)
    assert (connections.rooms, connections.pending_connect, connections.pending_disconnect) == (
        {},
        {},
        {},
    )


@pytest.mark.parametrize("path", [f"{POLLING}&sid=", POLLING.replace("polling", "websocket")])
def test_a_request_in_the_wrong_transport_begins_no_session(
    path: str, ports: Iterator[int], caplog: pytest.LogCaptureFixture
) -> None:
    @on_uvloop
    async def scenario() -> None:
        async with running(next(ports), max_polling=0) as instance:
            # Of the two `Connection` headers, uvicorn uses the last one, and python-engineio both.
            headers = "Connection: keep-alive\r\n"
            async with RawClient.connected(instance.port, path, headers) as client:
                assert (await client.handshake()).split()[1][0] in "45"
            assert instance.is_empty()
            async with RawClient.connected(instance.port, POLLING) as client:
                assert (await client.handshake()).startswith("HTTP/1.1 403 ")
            assert instance.is_empty()

    scenario()
    assert [each for each in caplog.records if each.exc_info] == []


@on_uvloop
async def test_a_client_that_goes_before_it_is_accepted_leaves_no_session(
    ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(_protocol: WireProtocol, _message: object) -> None:
        raise ClientDisconnected

    async with running(next(ports)) as instance:
        monkeypatch.setattr(WireProtocol, "send", gone)
        async with RawClient.connected(instance.port, WEBSOCKET) as client:
            assert await client.reader.read() == b""
        assert instance.is_empty()


@on_uvloop
async def test_the_events_of_a_client_are_handled_one_by_one(ports: Iterator[int]) -> None:
    active = most = 0

    async def handler(*_arguments: object) -> None:
        nonlocal active, most
        active += 1
        most = max(most, active)
        await asyncio.sleep(0.001)
        active -= 1

    async with running(next(ports)) as instance, instance.shopper() as ana:
        instance.parts.server.on("slow", handler)
        for number in range(20):
            ana.raw.send(f'42{number}["slow"]')
        for number in range(20):
            assert await ana.raw.text() == f"43{number}[]"
    assert most == 1


@on_uvloop
async def test_a_poll_that_also_asks_to_upgrade_is_refused(
    ports: Iterator[int], caplog: pytest.LogCaptureFixture
) -> None:
    async with running(next(ports)) as instance, polling(instance) as eva:
        headers = "Connection: keep-alive\r\n"  # so uvicorn takes the request for a poll
        async with RawClient.connected(instance.port, eva.path, headers) as client:
            assert (await client.handshake()).startswith("HTTP/1.1 400 ")
        assert await eva.post("3") == 200
    assert [each for each in caplog.records if each.exc_info] == []


@on_uvloop
async def test_what_clients_do_wrong_is_not_logged(
    ports: Iterator[int], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    async with running(next(ports)) as instance, instance.http() as http:
        for wrong in ("?EIO=3", "?EIO=4&transport=pigeon", "?EIO=4&j=x", "?EIO=4&sid=unknown"):
            assert (await http.get(f"/socket.io/{wrong}")).status_code == 400
            assert (await http.post(f"/socket.io/{wrong}")).status_code == 400
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []
    assert capfd.readouterr() == ("", "")
