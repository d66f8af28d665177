"""`python -m tests.bench.hop`: the CPU time of a push over a peer link and of its ack.

Runs the owner in this process and the edge in another one, and prints the CPU time of both. For
comparison, it prints the lowest possible cost of a push to a shopper's socket and its ack: that of
picows, the WebSocket library, alone.
"""

import asyncio
import multiprocessing
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, cast

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect, ws_create_server

from delivery.core.decision_types import Event
from delivery.core.record import OwedNotification
from delivery.core.subscription_set import SubscriptionSet
from delivery.peers.credentials import Credentials
from delivery.peers.peer_link import PeerLink
from delivery.peers.peer_watch import PeerWatch
from delivery.sockets.edge_map import EdgeMap
from delivery.sockets.edge_pushes import EdgePushes
from deploy.local.ports import free_ports
from tests.delivery.peers.pair import EDGE_ADDRESS, SECRET, OwnerSide

_IN_FLIGHT = (1, 50, 500)
_HOPS = 20_000
_VALUE = b'{"id":"%b","title":"%b"}' % (b"0" * 36, b"x" * 350)
_ACK = b"430[]"


def main() -> None:
    """Run the benchmark and print a line for each number of pushes in flight."""
    ports = free_ports(31_000)
    for in_flight in _IN_FLIGHT:
        hops = _HOPS if in_flight > 1 else _HOPS // 5
        socket, _ = _measured(_push_by_picows, _ack_by_picows, next(ports), in_flight, hops)
        owner, edge = _measured(_push_over_link, _ack_over_link, next(ports), in_flight, hops)
        sys.stdout.write(
            f"{in_flight:>4} in flight  hop {owner + edge:5.1f} µs "
            f"(owner {owner:5.1f}, edge {edge:5.1f})  picows alone {socket:5.1f} µs\n"
        )


Side = Callable[[int, int, int], Coroutine[Any, Any, float]]


def _measured(here: Side, there: Side, port: int, in_flight: int, hops: int) -> tuple[float, float]:
    """Return the CPU time of a hop in this process and in the other one, in microseconds."""
    ours, theirs = multiprocessing.Pipe()
    other = multiprocessing.get_context("spawn").Process(
        target=_run_there, args=(theirs, there, port, in_flight, hops), daemon=True
    )
    other.start()
    theirs.close()  # so that `recv` fails if the other process ends
    seconds = uvloop.run(here(port, in_flight, hops))
    seconds_there: float = ours.recv()
    other.join()
    return seconds / hops * 1e6, seconds_there / hops * 1e6


def _run_there(answer: Connection, side: Side, port: int, in_flight: int, hops: int) -> None:
    answer.send(uvloop.run(side(port, in_flight, hops)))


class _Pusher:
    """Pushes to several sockets, one push at a time to each, until all hops are done."""

    def __init__(self, hops: int, push: Callable[[int], None]) -> None:
        self._left = hops
        self._push = push
        self.is_done = asyncio.Event()

    async def run(self, in_flight: int) -> float:
        """Push until all hops are done, and return the CPU time that this process took."""
        began = time.process_time()
        for number in range(in_flight):
            self._push(number)
        await self.is_done.wait()
        return time.process_time() - began

    def acked(self, number: int) -> None:
        """Push the next event to the socket that has just acknowledged one."""
        self._left -= 1
        if self._left > 0:
            self._push(number)
        else:
            self.is_done.set()


async def _until(holds: Callable[[], object]) -> None:
    while not holds():  # noqa: ASYNC110 - there is no event to wait for
        await asyncio.sleep(0.02)


# ── over a peer link ───────────────────────────────────────────────────────────────────────


async def _push_over_link(port: int, in_flight: int, hops: int) -> float:
    owner = OwnerSide(port)
    async with owner.serving():
        await _until(lambda: owner.sessions and len(owner.connections()) == in_flight)
        (session,) = owner.routes._targets
        connections = [f"{session}/s{number}" for number in range(in_flight)]

        def push(number: int) -> None:
            event = Event(1, [OwedNotification("0" * 36, _VALUE, None)])
            acked = lambda: pusher.acked(number)  # noqa: E731
            owner.routes.push(connections[number], event, acked, again=False)

        pusher = _Pusher(hops, push)
        return await pusher.run(in_flight)


class _AtOnce:
    """Sockets that acknowledge each push at once."""

    def push(self, _socket: str, _event: Event, acked: Callable[[], None], *, again: bool) -> None:  # noqa: ARG002
        asyncio.get_running_loop().call_soon(acked)


async def _ack_over_link(port: int, in_flight: int, _hops: int) -> float:
    address = f"http://127.0.0.1:{port}"
    credentials = Credentials(EDGE_ADDRESS, "the edge", [SECRET])
    watch = PeerWatch(EDGE_ADDRESS, is_on=False)
    link = PeerLink(address, credentials, cast(EdgePushes, _AtOnce()), EdgeMap(), watch)
    sockets = SubscriptionSet()
    for number in range(in_flight):
        sockets.add(f"s{number}", "ana")
    link.subscribe_only(1, [sockets])
    running = asyncio.create_task(link.run())
    await _until(lambda: link.is_up)
    began = time.process_time()
    await _until(lambda: not link.is_up)
    running.cancel()
    return time.process_time() - began


# ── by picows alone ────────────────────────────────────────────────────────────────────────


class _Acks(WSListener):
    def __init__(self, connected: Callable[[WSTransport], None], acked: Callable[[], None]) -> None:
        self._connected = connected
        self._acked = acked

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._connected(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002
        if frame.msg_type is WSMsgType.TEXT and frame.get_payload_as_bytes() == _ACK:
            self._acked()


async def _push_by_picows(port: int, in_flight: int, hops: int) -> float:
    transports: list[WSTransport] = []
    pusher = _Pusher(hops, lambda number: transports[number].send(WSMsgType.TEXT, _VALUE))

    def accept(_request: object) -> WSListener:
        number = len(accepted)
        listener = _Acks(transports.append, lambda: pusher.acked(number))
        accepted.append(listener)
        return listener

    accepted: list[WSListener] = []
    server = await ws_create_server(accept, "127.0.0.1", port)
    await _until(lambda: len(transports) == in_flight)
    seconds = await pusher.run(in_flight)
    for transport in transports:
        transport.disconnect()
    server.close()
    return seconds


class _Shopper(WSListener):
    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.TEXT:
            transport.send(WSMsgType.TEXT, _ACK)


async def _ack_by_picows(port: int, in_flight: int, _hops: int) -> float:
    began = time.process_time()
    transports: list[WSTransport] = []
    while len(transports) < in_flight:
        with suppress(OSError):
            transport, _ = await ws_connect(_Shopper, f"ws://127.0.0.1:{port}/")
            transports.append(transport)
    for transport in transports:
        await transport.wait_disconnected()
    return time.process_time() - began


if __name__ == "__main__":
    main()
