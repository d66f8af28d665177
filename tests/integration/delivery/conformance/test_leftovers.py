"""A refused or broken handshake leaves no memory behind."""

import pytest

from tests.integration.delivery.conformance.raw_websocket import (
    SHOPPERS_TARGET,
    RawWebSocket,
    request,
)
from tests.integration.delivery.conformance.server_side import resident_bytes
from tests.integration.delivery.conformance.wire import echoes, entered
from tests.services.program import Program

_WARM_UP, _HANDSHAKES = 100, 300
#: Less than leaked sessions would take: each takes over 10 KiB.
_MAX_GROWTH_BYTES = 2 * 1024 * 1024
_SHOPPERS_PATH = SHOPPERS_TARGET.split("?", maxsplit=1)[0]


@pytest.mark.parametrize(
    "sent",
    [
        request(f"{_SHOPPERS_PATH}?EIO=4"),
        request(changes={"Origin": "https://evil.example"}),
        request(changes={"Connection": "keep-alive"}),
    ],
    ids=["no-transport", "origin", "no-upgrade"],
)
async def test_refused_handshakes_leave_no_memory_behind(
    instance: Program, user: str, sent: bytes
) -> None:
    await _refused(instance, sent, _WARM_UP)
    before = resident_bytes(instance)
    await _refused(instance, sent, _HANDSHAKES)
    assert resident_bytes(instance) - before < _MAX_GROWTH_BYTES
    async with entered(instance.url, user) as socket:
        await echoes(socket)


async def test_clients_that_vanish_during_the_handshake_leave_no_memory_behind(
    instance: Program, user: str
) -> None:
    await _abandoned(instance, _WARM_UP)
    before = resident_bytes(instance)
    await _abandoned(instance, _HANDSHAKES)
    assert resident_bytes(instance) - before < _MAX_GROWTH_BYTES
    async with entered(instance.url, user) as socket:
        await echoes(socket)


async def _refused(instance: Program, sent: bytes, count: int) -> None:
    for _ in range(count):
        async with RawWebSocket.tcp(instance.url) as socket:
            await socket.send(sent)
            assert 400 <= await socket.status() < 500


async def _abandoned(instance: Program, count: int) -> None:
    """Open WebSockets. Abort half of them immediately, and the others after the server's answer."""
    for number in range(count):
        async with RawWebSocket.tcp(instance.url) as socket:
            await socket.send(request())
            if number % 2:
                await socket.status()
