"""The proxy as it runs, inside the UI server, between real WebSocket clients and servers."""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack, suppress
from http import HTTPStatus

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from deploy.local import proxy, pump
from deploy.local.ports import HOST
from tests.deploy.local.front import (
    MIB,
    Front,
    echo,
    instance_of,
    say_own_port,
    url_of,
)


async def _end_of(client: ClientConnection) -> tuple[int | None, str | None]:
    await asyncio.wait_for(client.wait_closed(), 10)
    return client.close_code, client.close_reason


async def test_each_connection_goes_to_one_instance_in_turn(front: Front) -> None:
    async with (
        instance_of(say_own_port) as one,
        instance_of(say_own_port) as two,
        AsyncExitStack() as clients,
    ):
        front.has(one, two)
        sockets = await asyncio.gather(
            *(clients.enter_async_context(front.connect()) for _ in range(20))
        )
        reached = Counter([await client.recv() for client in sockets])
        assert sorted(reached.values()) == [10, 10]


async def test_one_that_joins_is_known_to_the_next_connection(front: Front) -> None:
    async with instance_of(say_own_port) as one, instance_of(say_own_port) as two:
        front.has(one)
        async with front.connect():
            front.has(one, two)
            async with front.connect() as second:
                assert url_of(two).endswith(str(await second.recv()))


async def test_an_instance_sees_the_handshake_of_its_client(front: Front) -> None:
    async def tell(client: ServerConnection) -> None:
        assert client.request is not None
        wanted = ("Origin", "X-Forwarded-For", "User-Agent")
        headers = [client.request.headers[name] for name in wanted]
        await client.send("\n".join([client.request.path, *headers]))

    async with instance_of(tell) as instance:
        front.has(instance)
        sent = {
            "User-Agent": "a browser",
            "Origin": "http://localhost:8080",
            "X-Forwarded-For": "10.1.2.3",
        }
        async with front.connect(sent) as client:
            path, origin, hops, agent = str(await client.recv()).splitlines()
    assert path == "/socket.io/?EIO=4&transport=websocket"
    assert origin == "http://localhost:8080"
    assert hops == "10.1.2.3, 127.0.0.1"
    assert agent == "a browser"


async def test_frames_of_both_kinds_go_both_ways_whatever_their_size(front: Front) -> None:
    async with front.before(echo) as client:
        for message in ("ñandú", b"\x00\xff", "x" * 2 * MIB, b"y" * 2 * MIB):
            await client.send(message)
            assert await client.recv() == message


async def test_the_client_is_told_the_code_of_the_instance(front: Front) -> None:
    async def end(client: ServerConnection) -> None:
        await client.close(4001, "token expired")

    async with front.before(end) as client:
        assert await _end_of(client) == (4001, "token expired")


async def test_an_end_without_a_code_is_an_end_as_usual(front: Front) -> None:
    async def end(client: ServerConnection) -> None:
        client.protocol.send_close()
        client.send_data()
        await client.wait_closed()

    async with front.before(end) as client:
        assert await _end_of(client) == (1000, "")


async def test_a_client_that_breaks_the_protocol_is_told_so_and_its_instance_too(
    front: Front,
) -> None:
    ends: asyncio.Queue[int | None] = asyncio.Queue()

    async def flood(client: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                await client.send("x" * 100)
        ends.put_nowait(client.close_code)

    async with instance_of(flood) as instance:
        front.has(instance)
        for _ in range(3):
            async with front.connect() as client:
                await client.recv()
                client.transport.write(b"\xff" * 100)
                assert await asyncio.wait_for(ends.get(), 10) == 1002
                client.transport.abort()


async def test_the_instance_is_told_the_code_of_the_client(front: Front) -> None:
    ends: asyncio.Queue[tuple[int | None, str | None]] = asyncio.Queue()

    async def listen(client: ServerConnection) -> None:
        await client.wait_closed()
        ends.put_nowait((client.close_code, client.close_reason))

    async with front.before(listen) as client:
        await client.close(4002, "signed out")
        assert await asyncio.wait_for(ends.get(), 10) == (4002, "signed out")
        async with front.connect() as lost:
            lost.transport.abort()
            assert await asyncio.wait_for(ends.get(), 10) == (1001, "")


async def test_a_client_of_an_instance_that_dies_is_told_to_come_again(front: Front) -> None:
    async def die(client: ServerConnection) -> None:
        client.transport.abort()

    async with front.before(die) as client:
        assert await _end_of(client) == (1014, "the instance is gone")


async def test_what_the_instance_said_before_it_closed_arrives(front: Front) -> None:
    async def speak(client: ServerConnection) -> None:
        await client.recv()
        for i in range(1000):
            await client.send(str(i))

    async with front.before(speak) as client:
        for _ in range(50):
            await client.send("an ack, and more to one who has closed")
        assert [int(message) async for message in client] == list(range(1000))
        assert client.close_code == 1000


async def test_a_client_that_does_not_read_slows_the_instance(front: Front) -> None:
    sent = 0

    async def flood(client: ServerConnection) -> None:
        nonlocal sent
        while True:
            await client.send(b"x" * 256 * 1024)
            sent += 1

    async with front.before(flood) as client:
        client.transport.pause_reading()
        assert await _settled(lambda: sent) * 256 * 1024 < 32 * MIB
        client.transport.abort()


async def test_an_instance_that_does_not_read_slows_the_client(front: Front) -> None:
    async def deaf(client: ServerConnection) -> None:
        client.transport.pause_reading()
        await client.wait_closed()

    async with front.before(deaf) as client:
        sent = 0

        async def flood() -> None:
            nonlocal sent
            while True:
                await client.send(b"x" * 256 * 1024)
                sent += 1

        flooding = asyncio.create_task(flood())
        assert await _settled(lambda: sent) * 256 * 1024 < 32 * MIB
        flooding.cancel()
        client.transport.abort()


async def test_an_instance_is_rid_of_a_client_that_reads_no_more(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pump, "_SEND_SECONDS", 0.3)
    rid = asyncio.Event()

    async def flood(client: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                await client.send(b"x" * 256 * 1024)
        rid.set()

    async with front.before(flood) as client:
        client.transport.pause_reading()
        await asyncio.wait_for(rid.wait(), 10)
        client.transport.abort()


async def test_a_client_is_rid_of_an_instance_that_reads_no_more(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pump, "_SEND_SECONDS", 0.3)

    async def deaf(client: ServerConnection) -> None:
        client.transport.pause_reading()
        await client.wait_closed()

    async with front.before(deaf) as client:
        async with asyncio.timeout(10):
            with pytest.raises(ConnectionClosed):
                await _send_for_ever(client)


async def _send_for_ever(client: ClientConnection) -> None:
    while True:
        await client.send(b"x" * 256 * 1024)


async def _settled(count: Callable[[], int]) -> int:
    """The count once it has stood still for half a second; fails when it never does."""
    async with asyncio.timeout(20):
        before = -1
        while (now := count()) != before or now == 0:
            before = now
            await asyncio.sleep(0.5)
    return before


async def test_one_that_is_down_is_passed_over(front: Front) -> None:
    async with instance_of(say_own_port) as down, instance_of(say_own_port) as up:
        front.has(down, up)
        down.close()
        await down.wait_closed()
        async with front.connect() as client:
            assert url_of(up).endswith(str(await client.recv()))


async def test_one_that_hangs_costs_one_client_a_bounded_wait(front: Front) -> None:
    # The kernel takes connections for it, as it does for a process that was suspended.
    with socket.create_server((HOST, 0)) as hung:
        async with instance_of(say_own_port) as up:
            front.has(hung, up)
            for least, most in ((1.0, 3.0), (0.0, 1.0)):
                began = time.monotonic()
                async with front.connect() as client:
                    assert url_of(up).endswith(str(await client.recv()))
                assert least < time.monotonic() - began < most


async def test_who_was_sent_away_does_not_come_straight_back(front: Front) -> None:
    async def send_away(client: ServerConnection) -> None:
        await client.recv()

    async with instance_of(send_away) as leaving, instance_of(say_own_port) as other:
        front.has(leaving, other)
        async with front.connect() as client, front.connect():
            await client.send("goodbye")
            await client.wait_closed()
            async with front.connect() as again, asyncio.timeout(5):
                assert url_of(other).endswith(str(await again.recv()))


async def test_one_whose_clients_leave_is_no_worse_for_it(front: Front) -> None:
    async with (
        instance_of(say_own_port) as left,
        instance_of(say_own_port) as other,
        AsyncExitStack() as clients,
    ):
        front.has(left, other)
        async with front.connect() as client, front.connect():
            await client.close()
            async with asyncio.timeout(1):
                while True:
                    again = await clients.enter_async_context(front.connect())
                    if url_of(left).endswith(str(await again.recv())):
                        break


async def test_many_that_hang_do_not_add_up(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy, "_CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(proxy, "_CONNECT_SECONDS_IN_ALL", 0.3)
    with ExitStack() as sockets:
        front.has(*(sockets.enter_context(socket.create_server((HOST, 0))) for _ in range(16)))
        began = time.monotonic()
        with pytest.raises(InvalidStatus):
            await front.connect()
        assert time.monotonic() - began < 2


async def test_an_http_proxy_of_the_environment_is_no_hop(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(variable, f"http://{HOST}:1")
    monkeypatch.setenv("no_proxy", "")
    async with front.before(say_own_port) as client:
        assert await client.recv()


async def test_one_that_is_not_ready_is_passed_over(front: Front) -> None:
    async with (
        instance_of(echo, HTTPStatus.SERVICE_UNAVAILABLE) as not_ready,
        instance_of(say_own_port) as up,
    ):
        front.has(not_ready, up)
        async with front.connect() as client:
            assert url_of(up).endswith(str(await client.recv()))


async def test_a_refusal_is_the_answer_and_no_other_is_asked(front: Front) -> None:
    async with instance_of(echo, HTTPStatus.FORBIDDEN) as strict, instance_of(echo) as other:
        front.has(strict, other)
        with pytest.raises(InvalidStatus) as refused:
            await front.connect()
        assert refused.value.response.status_code == 403


async def test_where_none_answers_the_handshake_is_refused_at_once(front: Front) -> None:
    front.has()
    with pytest.raises(InvalidStatus) as refused:
        await front.connect()
    assert refused.value.response.status_code == 503
    assert refused.value.response.headers["Retry-After"] == "1"
