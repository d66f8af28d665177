"""Hundreds of clients whose requests arrive in the same instant do not hold up the event loop."""

import asyncio
import socket
from contextlib import closing
from typing import Any

from runtime.http_server import HttpServer
from tests.delivery.loop_watched import loop_watched
from tests.services.waiting import eventually

_COUNT = 800
_HOST = "127.0.0.1"
_UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    b"Authorization: Bearer " + b"x" * 300 + b"\r\n\r\n"
)


async def _accept_all(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "websocket"
    await receive()
    await send({"type": "websocket.accept"})
    await receive()


async def test_upgrades_in_the_same_instant_are_spread_over_many_turns() -> None:
    server = HttpServer(_accept_all, _HOST, 0, lifespan="off", ws="websockets-sansio")
    serving = asyncio.create_task(server.serve())

    async def has_begun() -> bool:
        return server.started

    async def has_accepted() -> bool:
        return len(server.server_state.connections) == _COUNT

    await eventually(has_begun)
    address = server.servers[0].sockets[0].getsockname()
    clients = [socket.create_connection(address, 30) for _ in range(_COUNT)]
    await eventually(has_accepted)
    for client in clients:
        client.sendall(_UPGRADE)
    async with loop_watched() as held:
        answers = await asyncio.to_thread(lambda: [client.recv(1_000) for client in clients])
        assert held() < 0.1  # handled in one turn of the loop, they took 0.4 s
    assert all(answer.startswith(b"HTTP/1.1 101 ") for answer in answers)
    for client in clients:
        with closing(client):
            client.shutdown(socket.SHUT_RDWR)
    server.should_exit = True
    await serving
