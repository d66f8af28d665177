"""Sessions that poll: what is pushed, acked and posted, and how they end."""

import asyncio
import gc
import logging
import time
import weakref
from collections.abc import Iterator

import httpx
import pytest

from delivery import metrics
from delivery.sockets import polling_client
from producer_api.contract.token_verifier import Identity
from tests.delivery.sockets.instance import POLLING, Instance, connect_packet, ids_of, running
from tests.delivery.sockets.polling_shopper import PollingShopper, polling
from tests.delivery.sockets.served import MAX_BYTES, on_uvloop, until


@pytest.fixture(autouse=True)
def _nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Check that nothing a client does is logged as an error."""
    yield
    noisy = [each for each in caplog.get_records("call") if each.levelno >= logging.ERROR]
    # Allow python-engineio's first error of each kind. Its text mentions "further occurrences".
    assert [each for each in noisy if "further occurrences" not in each.getMessage()] == []


@on_uvloop
async def test_pushes_arrive_in_order_and_their_acks_in_one_post(ports: Iterator[int]) -> None:
    async with running(next(ports)) as instance, polling(instance) as eva:
        await eva.enter("eva")
        acks = [instance.push(eva.socket, name) for name in "abc"]
        packets = await eva.poll()
        assert [ids_of(packet) for packet in packets] == [["a"], ["b"], ["c"]]
        assert await eva.post("431[]\x1e3\x1e432[]") == 200
        assert await eva.post("433[]") == 200
        assert [ack.times for ack in acks] == [1, 1, 1]
        waiting = asyncio.create_task(eva.poll())
        await until(lambda: instance.parts.server.eio.sockets[eva.sid].queue._getters)
        ack = instance.push(eva.socket, "d")
        assert ids_of((await waiting)[0]) == ["d"]
        assert await eva.post('434["argument"]') == 200
        assert ack.times == 1


MALFORMED = {
    "not UTF-8": b"\xff",
    "unknown type": b"9abc",
    "no packet": b"",
    "empty packet": b"3\x1e",
    "not Base64": b"b####",
    "ping": b"2",
    "upgrade": b"5",
    "deep JSON": b"4" + b"[" * 60_000,
    "form": b"d=3",
    "too many": b"\x1e".join([b"3"] * 101),
    "too long": b"42" + b"x" * MAX_BYTES,
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_body_ends_the_session(name: str, ports: Iterator[int]) -> None:
    @on_uvloop
    async def scenario() -> None:
        before = metrics.MALFORMED_PACKETS._value.get()
        async with running(next(ports)) as instance, polling(instance) as eva:
            await eva.enter("eva")
            instance.push(eva.socket, "never fetched")
            async with asyncio.timeout(5):
                assert await eva.post(MALFORMED[name]) == 400
            assert not instance.link.subscribed
            assert await eva.post("3") == 400
        assert metrics.MALFORMED_PACKETS._value.get() == before + 1

    scenario()


@on_uvloop
async def test_the_most_packets_and_bytes_allowed_may_be_posted(ports: Iterator[int]) -> None:
    async with running(next(ports)) as instance, polling(instance) as eva:
        await eva.enter("eva")
        packets = ["3"] * 99
        room = MAX_BYTES - len("\x1e".join([*packets, '42["x",""]']))
        assert await eva.post("\x1e".join([*packets, f'42["x","{"y" * room}"]'])) == 200
        assert list(instance.link.subscribed) == [eva.socket]


@on_uvloop
async def test_a_close_packet_ends_the_poll_and_later_packets_are_ignored(
    ports: Iterator[int],
) -> None:
    async with running(next(ports)) as instance, polling(instance) as eva:
        await eva.enter("eva")
        waiting = asyncio.create_task(eva.poll())
        await until(lambda: instance.parts.server.eio.sockets[eva.sid].queue._getters)
        assert await eva.post("1\x1e" + connect_packet("eva")) == 200
        assert await waiting == ["6"]
        assert not instance.link.subscribed
        for status in (await eva.post("3"), (await eva.http.get(eva.path)).status_code):
            assert status == 400


@on_uvloop
async def test_a_session_that_ends_while_its_token_is_verified_leaves_nothing_behind(
    ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    verified, asked = asyncio.Event(), asyncio.Event()
    async with running(next(ports)) as instance, polling(instance) as eva:
        verify = instance.verifier.verify

        async def slow(token: str) -> Identity:
            asked.set()
            await verified.wait()
            return await verify(token)

        monkeypatch.setattr(instance.verifier, "verify", slow)
        entering = asyncio.create_task(eva.post(connect_packet("eva")))
        await asked.wait()
        assert await eva.post("1") == 200
        verified.set()
        assert await entering == 200


@on_uvloop
async def test_a_client_that_leaves_while_it_sends_a_body_does_no_harm(
    ports: Iterator[int],
) -> None:
    async with running(next(ports)) as instance, polling(instance) as eva:
        await eva.enter("eva")
        ack = instance.push(eva.socket, "a")
        for sent in (b"", b"431[]"):
            _, writer = await asyncio.open_connection("127.0.0.1", instance.port)
            head = f"POST {eva.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n".encode()
            writer.write(head + sent)
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        assert await eva.post("3") == 200
        assert (ack.times, list(instance.link.subscribed)) == (0, [eva.socket])


@on_uvloop
async def test_a_client_that_does_not_fetch_is_ended(
    ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling_client, "_MAX_WAITING", 5)
    async with (
        running(next(ports)) as instance,
        polling(instance) as slow,
        polling(instance) as posts,
    ):
        await slow.enter("eva")
        for number in range(10):
            instance.push(slow.socket, f"{number}")
        queue = instance.parts.server.eio.sockets[slow.sid].queue
        assert queue.qsize() == 5
        await until(lambda: not instance.link.subscribed)
        assert await posts.post("\x1e".join(["40/unknown,"] * 100)) == 200
        assert await posts.post("40/unknown,") in (200, 400)
        await until(instance.is_empty)


@on_uvloop
async def test_the_bytes_that_wait_for_a_client_are_bounded_until_it_polls(
    ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling_client, "_MAX_WAITING_BYTES", 2_000)
    async with running(next(ports)) as instance, polling(instance) as eva:
        await eva.enter("eva")
        for _ in range(5):
            instance.parts.outgoing.emit_inbox("eva", b'"%b"' % (b"x" * 1_500))
            assert len(await eva.poll()) == 1
        for _ in range(5):
            instance.parts.outgoing.emit_inbox("eva", b'"%b"' % (b"x" * 700))
        assert instance.parts.server.eio.sockets[eva.sid].queue.qsize() == 2
        await until(instance.is_empty)


@on_uvloop
async def test_a_client_that_vanishes_is_ended(
    ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling_client, "_CHECK_SECONDS", 0.02)
    async with running(next(ports)) as instance:
        engine = instance.parts.server.eio
        async with polling(instance) as eva:
            await eva.enter("eva")
            # Pretend that a ping was sent, and that its time-out is just over.
            engine.sockets[eva.sid].last_ping = time.time() - engine.ping_timeout
            await until(instance.is_empty)


@on_uvloop
async def test_a_body_that_does_not_come_ends_the_session(
    ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling_client, "_BODY_SECONDS", 0.05)
    port = next(ports)
    async with running(port) as instance, polling(instance) as eva:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"POST {eva.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n".encode())
        async with asyncio.timeout(10):
            assert (await reader.readline()).split()[1] == b"400"
        writer.close()
        await until(instance.is_empty)


@on_uvloop
async def test_a_waiting_poll_is_told_that_the_session_has_ended(ports: Iterator[int]) -> None:
    async with running(next(ports)) as instance, polling(instance) as eva:
        await eva.enter("eva")
        client = instance.parts.clients.get(eva.socket)
        assert client is not None
        waiting = asyncio.create_task(eva.poll())
        await until(lambda: instance.parts.server.eio.sockets[eva.sid].queue._getters)
        client.end()
        client.end()
        assert await waiting == ["1"]
        await until(instance.is_empty)
        assert client.has_ended


@on_uvloop
async def test_nothing_of_an_ended_session_is_left_to_the_garbage_collector(
    ports: Iterator[int],
) -> None:
    gc.collect()
    gc.disable()
    try:
        async with running(next(ports)) as instance:
            async with polling(instance) as eva:
                await eva.enter("eva")
                instance.push(eva.socket, "a")
                refs = [weakref.ref(instance.parts.clients.get(eva.socket))]
            await until(lambda: all(ref() is None for ref in refs))
    finally:
        gc.enable()


@on_uvloop
async def test_the_number_of_polling_sessions_is_limited(ports: Iterator[int]) -> None:
    async with running(next(ports), max_polling=3) as instance, instance.http() as http:
        answers = await asyncio.gather(*(http.get(POLLING) for _ in range(20)))
        begun = [answer for answer in answers if answer.status_code == 200]
        assert len(begun) == 3
        assert {answer.status_code for answer in answers} == {200, 503}
        assert metrics.POLLING_SESSIONS._value.get() == 3
        async with instance.shopper():
            assert (await http.get(POLLING)).status_code == 503
        sessions = [_session(instance, http, answer) for answer in begun]
        assert await sessions.pop().post("1") == 200
        async with polling(instance) as another:
            assert await another.post("3") == 200
        for session in sessions:
            assert await session.post("1") == 200
        await until(lambda: metrics.POLLING_SESSIONS._value.get() == 0)


def _session(instance: Instance, http: httpx.AsyncClient, answer: httpx.Response) -> PollingShopper:
    (sid,) = (sid for sid in instance.parts.server.eio.sockets if sid in answer.text)
    return PollingShopper(http, sid)
