"""HAProxy with our configuration, in front of delivery instances."""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from http import HTTPStatus
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from deploy.local import haproxy
from deploy.local.haproxy import Haproxy
from deploy.local.ports import HOST
from deploy.local.process import PartFailedError
from tests.deploy.local.front import (
    LARGEST_BYTES,
    Front,
    echo,
    instance_of,
    port_of,
    send_own_port,
)
from tests.services.waiting import eventually


async def _port_reached(client: ClientConnection) -> int:
    return int(await asyncio.wait_for(client.recv(), 10))


async def _end_of(client: ClientConnection) -> tuple[int | None, str | None]:
    await asyncio.wait_for(client.wait_closed(), 10)
    return client.close_code, client.close_reason


async def test_each_connection_goes_to_the_instance_with_the_fewest(front: Front) -> None:
    async with (
        instance_of(send_own_port) as one,
        instance_of(send_own_port) as two,
        instance_of(send_own_port) as third,
        AsyncExitStack() as clients,
    ):

        async def reached_by(count: int) -> list[int]:
            opening = (clients.enter_async_context(front.connect()) for _ in range(count))
            return [await _port_reached(client) for client in await asyncio.gather(*opening)]

        await front.add(one, two)
        assert sorted(Counter(await reached_by(20)).values()) == [10, 10]
        await front.haproxy.add("delivery-3", port_of(third))
        assert await reached_by(10) == [port_of(third)] * 10


@pytest.mark.parametrize("leave", [Haproxy.drain, Haproxy.remove])
async def test_an_instance_that_leaves_keeps_its_connections_and_gets_no_new_ones(
    front: Front, leave: Callable[[Haproxy, str], Awaitable[None]]
) -> None:
    async with instance_of(send_own_port) as one, instance_of(send_own_port) as two:
        await front.add(one)
        async with front.connect() as old:
            await front.haproxy.add("delivery-2", port_of(two))
            await leave(front.haproxy, "delivery-1")
            for _ in range(2):
                async with front.connect() as new:
                    assert await _port_reached(new) == port_of(two)
            assert await _port_reached(old) == port_of(one)
            await old.send("still here")
            assert await old.recv() == "still here"


async def test_a_haproxy_that_starts_again_has_the_same_instances(front: Front) -> None:
    async with (
        instance_of(send_own_port) as one,
        instance_of(send_own_port) as two,
        instance_of(send_own_port) as third,
    ):
        await front.add(one, two, third)
        await front.haproxy.remove("delivery-1")
        await front.haproxy.drain("delivery-2")
        await front.haproxy.kill()
        await front.haproxy.start()
        for _ in range(2):
            async with front.connect() as client:
                assert await _port_reached(client) == port_of(third)


async def test_an_instance_whose_drain_failed_gets_clients_from_a_haproxy_that_starts_again(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with instance_of(send_own_port) as instance:
        await front.add(instance)
        with monkeypatch.context() as patch:
            patch.setattr(haproxy, "_COMMAND_SECONDS", 0.2)
            front.haproxy.suspend()
            with pytest.raises(PartFailedError, match="did not accept"):
                await front.haproxy.drain("delivery-1")
        await front.haproxy.kill()
        await front.haproxy.start()
        async with front.connect() as client:
            assert await _port_reached(client) == port_of(instance)


async def test_an_instance_that_ends_while_it_is_drained_stays_removed(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with instance_of(send_own_port) as ended, instance_of(send_own_port) as other:
        await front.add(ended, other)
        may_go_on, command = asyncio.Event(), front.haproxy._command

        async def delayed(line: str) -> None:
            await may_go_on.wait()
            await command(line)

        with monkeypatch.context() as patch:
            patch.setattr(front.haproxy, "_command", delayed)
            draining = asyncio.create_task(front.haproxy.drain("delivery-1"))
            await asyncio.sleep(0)
        await front.haproxy.remove("delivery-1")
        may_go_on.set()
        await draining
    assert list(front.haproxy._servers) == ["delivery-2"]


async def test_an_instance_sees_the_handshake_of_its_client(front: Front) -> None:
    async def send_handshake(client: ServerConnection) -> None:
        assert client.request is not None
        headers = client.request.headers
        await client.send(
            "\n".join(
                [
                    client.request.path,
                    headers["Origin"],
                    headers["User-Agent"],
                    ", ".join(headers.get_all("X-Forwarded-For")),
                    ", ".join(headers.get_all("Sec-WebSocket-Extensions")),
                ]
            )
        )

    async with instance_of(send_handshake) as instance:
        await front.add(instance)
        sent = {
            "User-Agent": "a browser",
            "Origin": "http://localhost:8080",
            "X-Forwarded-For": "10.1.2.3",
        }
        async with front.connect(sent) as client:
            path, origin, agent, hops, extensions = str(await client.recv()).split("\n")
            assert client.protocol.extensions == []
    assert path == "/socket.io/?EIO=4&transport=websocket"
    assert (origin, agent) == ("http://localhost:8080", "a browser")
    assert hops == "10.1.2.3, 127.0.0.1"
    assert extensions == "", "the client offered compression"


async def test_messages_of_up_to_4_mib_go_both_ways(front: Front) -> None:
    async with front.before(echo) as client:
        for message in ("ñandú", b"\x00\xff", "x" * LARGEST_BYTES, b"y" * LARGEST_BYTES):
            await client.send(message)
            assert await client.recv() == message


async def test_each_side_gets_the_close_code_of_the_other(front: Front) -> None:
    ends: asyncio.Queue[tuple[int | None, str | None]] = asyncio.Queue()

    async def close_on_request(client: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            await client.recv()
            await client.close(4001, "token expired")
        ends.put_nowait((client.close_code, client.close_reason))

    async with front.before(close_on_request) as client:
        await client.send("close")
        assert await _end_of(client) == (4001, "token expired")
        await asyncio.wait_for(ends.get(), 10)
        async with front.connect() as other:
            await other.close(4002, "signed out")
        assert await asyncio.wait_for(ends.get(), 10) == (4002, "signed out")


async def test_the_connection_of_one_side_ends_when_the_other_dies(front: Front) -> None:
    ended = asyncio.Event()

    async def die_on_request(client: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            await client.recv()
            client.transport.abort()
        ended.set()

    async with front.before(die_on_request) as client:
        client.transport.abort()
        await asyncio.wait_for(ended.wait(), 10)
        async with front.connect() as other:
            await other.send("die")
            assert await _end_of(other) == (1006, "")


async def test_messages_sent_before_the_close_arrive(front: Front) -> None:
    async def send_and_close(client: ServerConnection) -> None:
        await client.recv()
        for number in range(1000):
            await client.send(str(number))

    async with front.before(send_and_close) as client:
        for _ in range(50):
            await client.send("an ack, and more that the instance does not read")
        assert [int(message) async for message in client] == list(range(1000))
        assert client.close_code == 1000


async def test_a_client_of_an_instance_that_is_down_gets_another(front: Front) -> None:
    async with instance_of(send_own_port) as down, instance_of(send_own_port) as up:
        await front.add(down, up)
        down.close()
        await down.wait_closed()
        for _ in range(2):
            async with front.connect() as client:
                assert await _port_reached(client) == port_of(up)


async def test_a_client_of_an_instance_that_starts_or_drains_gets_another(front: Front) -> None:
    async with (
        instance_of(echo, HTTPStatus.SERVICE_UNAVAILABLE) as draining,
        instance_of(send_own_port) as up,
    ):
        await front.add(draining, up)
        for _ in range(2):
            async with front.connect() as client:
                assert await _port_reached(client) == port_of(up)


async def test_a_hung_instance_costs_a_client_a_bounded_wait_until_its_check_fails(
    front: Front,
) -> None:
    # The kernel accepts connections for this instance, as it does for a suspended process.
    with socket.create_server((HOST, 0)) as hung:
        async with instance_of(send_own_port) as up:
            await front.add(hung, up)
            assert 1.0 < await _seconds_to_reach(front, port_of(up)) < 3.0
            async with asyncio.timeout(20):
                while not any("delivery-1 is DOWN" in line for line in front.lines):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            assert await _seconds_to_reach(front, port_of(up)) < 1.0


async def _seconds_to_reach(front: Front, port: int) -> float:
    began = time.monotonic()
    async with front.connect() as client:
        assert await _port_reached(client) == port
    return time.monotonic() - began


async def test_a_refusal_reaches_the_client_and_is_not_retried_elsewhere(front: Front) -> None:
    async with instance_of(echo, HTTPStatus.FORBIDDEN) as strict, instance_of(echo) as other:
        await front.add(strict, other)
        with pytest.raises(InvalidStatus) as refused:
            await front.connect()
        assert refused.value.response.status_code == 403


async def test_without_an_instance_the_handshake_is_refused_with_503(front: Front) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await front.connect()
    assert refused.value.response.status_code == 503
    assert refused.value.response.headers["Retry-After"] == "1"

    async def is_logged() -> bool:
        return any("503" in line and '"GET /socket.io/ HTTP/1.1"' in line for line in front.lines)

    await eventually(is_logged, within=10)
    assert [line for line in front.lines if "transport" in line] == [], (
        "the log must not show session ids"
    )


async def test_a_port_of_another_haproxy_is_not_shared(
    front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "second"
    folder.mkdir()
    monkeypatch.chdir(folder)
    second = Haproxy({"UI_PORT": str(front.ui_port)}, lambda _: None)
    with pytest.raises(PartFailedError, match="cannot bind socket"):
        await second.start()
