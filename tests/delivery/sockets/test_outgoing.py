"""`inbox` events, and ends of connections, over both transports."""

import asyncio
import json
import time
from collections.abc import Iterator
from types import SimpleNamespace as Namespace

from delivery.core.decision_types import Fault
from delivery.sockets.clients import Clients
from delivery.sockets.outgoing import Outgoing, room_of
from tests.delivery.sockets.instance import Instance, Shopper, ids_of, running
from tests.delivery.sockets.polling_shopper import polling
from tests.delivery.sockets.served import on_uvloop, until


@on_uvloop
async def test_an_inbox_event_reaches_every_socket_of_its_user_in_order_with_pushes(
    ports: Iterator[int],
) -> None:
    async with (
        running(next(ports)) as instance,
        instance.shopper() as first,
        instance.shopper() as second,
        polling(instance) as third,
        instance.shopper("berto") as other,
    ):
        await third.enter("ana")
        everyone = (first.socket, second.socket, third.socket)
        for number in range(3):
            for socket in everyone:
                instance.push(socket, f"{number}")
            instance.pushes.emit_inbox("ana", b'{"n":%d}' % number)
        instance.pushes.emit_inbox("nobody", b"{}")
        instance.push(other.socket, "for berto")
        for client in (first, second):
            for number in range(3):
                await _expect(await client.raw.text(), await client.raw.text(), number)
        packets = await third.poll()
        for number in range(3):
            await _expect(packets[2 * number], packets[2 * number + 1], number)
        assert ids_of(await other.raw.text()) == ["for berto"]


async def _expect(push: str, event: str, number: int) -> None:
    assert ids_of(push) == [f"{number}"]
    assert json.loads(event[2:]) == ["inbox", {"n": number}]


@on_uvloop
async def test_a_connection_that_is_not_confirmed_yet_gets_no_events(ports: Iterator[int]) -> None:
    async with running(next(ports)) as instance, instance.shopper() as ana:
        sid = await instance.parts.connections.pre_connect("of nobody", "/")
        await instance.parts.server.enter_room(sid, room_of("ana"))
        instance.pushes.emit_inbox("ana", b"{}")
        assert json.loads((await ana.raw.text())[2:]) == ["inbox", {}]
        await instance.parts.connections.disconnect(sid, "/")


@on_uvloop
async def test_a_disconnect_follows_what_was_sent_and_leaves_the_session_open(
    ports: Iterator[int],
) -> None:
    async with (
        running(next(ports)) as instance,
        instance.shopper() as ana,
        polling(instance) as eva,
    ):
        await eva.enter("eva")
        for socket in (ana.socket, eva.socket):
            instance.push(socket, "last")
            instance.pushes.disconnect(socket, Fault.SILENT)
            instance.pushes.disconnect(socket, Fault.SILENT)
        assert ids_of(await ana.raw.text()) == ["last"]
        assert await ana.raw.text() == "41"
        await _again(instance, ana)
        packets = await eva.poll()
        packets += [] if len(packets) == 2 else await eva.poll()
        assert (ids_of(packets[0]), packets[1]) == (["last"], "41")
        await eva.enter("eva")
        assert instance.link.subscribed[eva.socket] == "eva"


async def _again(instance: Instance, ana: Shopper) -> None:
    await ana.enter("ana")
    await until(lambda: ana.socket in instance.link.subscribed)


async def test_other_tasks_run_while_many_connections_are_ended() -> None:
    ended: list[str] = []
    one_ended = asyncio.Event()

    async def disconnect(socket: str) -> None:
        time.sleep(0.001)  # noqa: ASYNC251 - holds the loop as long as on a slow machine
        ended.append(socket)
        one_ended.set()

    outgoing = Outgoing(Namespace(disconnect=disconnect), Clients())
    sockets = [f"s{number}" for number in range(50)]
    for socket in sockets:
        outgoing.disconnect(socket)
    running = asyncio.create_task(outgoing.run())
    try:
        await one_ended.wait()
        assert len(ended) < len(sockets)
    finally:
        running.cancel()
