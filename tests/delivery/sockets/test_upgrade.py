"""Upgrades of polling sessions to a WebSocket, complete or broken off."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from delivery import metrics
from delivery.sockets import upgrade
from tests.delivery.sockets.instance import WEBSOCKET, Instance, connect_packet, ids_of, running
from tests.delivery.sockets.polling_shopper import PollingShopper, polling
from tests.delivery.sockets.served import BINARY, RawClient, on_uvloop, until


@pytest.fixture(autouse=True)
def _nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Check that nothing a client does is logged with a traceback."""
    yield
    assert [each for each in caplog.get_records("call") if each.exc_info] == []


@asynccontextmanager
async def upgrading(
    instance: Instance,
) -> AsyncIterator[tuple[PollingShopper, RawClient]]:
    """Connect a client that polls, and open a WebSocket for its session."""
    async with polling(instance) as eva:
        await eva.enter("eva")
        async with RawClient.opened(instance.port, f"{WEBSOCKET}&sid={eva.sid}") as client:
            yield eva, client


@on_uvloop
async def test_pushes_during_an_upgrade_arrive_once_and_in_order(ports: Iterator[int]) -> None:
    async with running(next(ports)) as instance, upgrading(instance) as (eva, client):
        acks = [instance.push(eva.socket, "a")]
        client.send("2probe")
        assert await client.text() == "3probe"
        acks.append(instance.push(eva.socket, "b"))
        assert await eva.poll() == ["6"]
        client.send("5")
        acks.append(instance.push(eva.socket, "c"))
        packets = [await client.text() for _ in range(4)]
        assert [ids_of(packet) for packet in packets if packet != "6"] == [["a"], ["b"], ["c"]]
        for ack_id in (1, 2, 3):
            client.send(f"43{ack_id}[]")
        await until(lambda: [ack.times for ack in acks] == [1, 1, 1])
        assert await eva.post("3") == 400
        assert metrics.POLLING_SESSIONS._value.get() == 1
        await until(lambda: metrics.POLLING_SESSIONS._value.get() == 0)


@pytest.mark.parametrize("sent", [[], ["2probe"], ["2probe", "40"], ["nonsense"], ["4" + "[" * 9]])
def test_a_client_that_breaks_off_its_upgrade_can_still_poll(
    sent: list[str], ports: Iterator[int]
) -> None:
    @on_uvloop
    async def scenario() -> None:
        async with running(next(ports)) as instance, upgrading(instance) as (eva, client):
            for packet in sent:
                client.send(packet)
            client.writer.write_eof()
            await client.until_closed()
            instance.push(eva.socket, "a")
            packets = [packet for packet in await eva.poll() if packet != "6"]
            assert ids_of((packets or await eva.poll())[0]) == ["a"]

    scenario()


@on_uvloop
async def test_a_probe_must_come_soon_and_only_once_at_a_time(
    ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrade, "_HANDSHAKE_SECONDS", 0.2)
    async with running(next(ports)) as instance, upgrading(instance) as (eva, client):
        path = f"{WEBSOCKET}&sid={eva.sid}"
        async with RawClient.connected(instance.port, path) as second:
            assert (await second.handshake()).startswith("HTTP/1.1 403 ")
        assert await client.until_closed() in (1000, 1006)
        instance.push(eva.socket, "a")
        assert ids_of((await eva.poll())[0]) == ["a"]


@pytest.mark.parametrize(
    ("message", "kind"),
    [("zz", 1), ("2", 1), ("", 1), ('4{"x":' + "[" * 60_000, 1), (b"\x04", BINARY), (b"\xff", 1)],
)
def test_what_is_not_engineio_ends_an_upgraded_session(
    message: str | bytes, kind: int, ports: Iterator[int]
) -> None:
    @on_uvloop
    async def scenario() -> None:
        async with running(next(ports)) as instance, upgrading(instance) as (_, client):
            client.send("2probe")
            client.send("5")
            await until(lambda: any(each.upgraded for each in instance.parts.polling._clients))
            client.send(message, kind)
            await client.until_closed()
            await until(instance.is_empty)

    scenario()


@on_uvloop
async def test_nothing_is_handled_after_the_end_of_an_upgraded_session(
    ports: Iterator[int],
) -> None:
    async with running(next(ports)) as instance, upgrading(instance) as (eva, client):
        client.send("2probe")
        client.send("5")
        await until(lambda: any(each.upgraded for each in instance.parts.polling._clients))
        session = instance.parts.clients.get(eva.socket)
        assert session is not None
        session.end()
        await until(lambda: not instance.link.subscribed)
        client.send(connect_packet("eva"))
        await client.until_closed()
        await until(instance.is_empty)
