"""The edge drains its sockets, which then connect to other instances."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from delivery.core.ownership import Ownership
from delivery.sockets import edge_map
from tests.delivery.sockets.rig import ANA, A, EdgeRig


@asynccontextmanager
async def _draining(rig: EdgeRig, seconds: float) -> AsyncIterator[asyncio.Task[None]]:
    """Drain inside the `with` block, which starts when every socket is leaving."""
    task = asyncio.create_task(rig.edge.drain(seconds))
    async with asyncio.timeout(10):
        while len(rig.edge._leaving) < len(rig.edge._sockets):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        yield task
        await task


async def test_a_quiet_socket_is_unsubscribed_and_then_closed_at_once() -> None:
    rig = EdgeRig()
    async with _draining(rig, 60):
        assert rig.diary == [
            "unsubscribed of ana",
            "closed of ana",
            "unsubscribed of ben",
            "closed of ben",
        ]
        rig.edge.left("of ana")
        rig.edge.left("of ben")


async def test_a_socket_is_closed_once_it_has_acked_every_push() -> None:
    rig = EdgeRig()
    ack = rig.push("1")
    async with _draining(rig, 60) as draining:
        assert rig.outgoing.closed == ["of ben"]
        rig.edge.left("of ben")
        late, joining = rig.push("2"), rig.push("1")
        assert len(rig.outgoing.sent) == 1, "a leaving socket gets no new push"
        rig.outgoing.acks[0]()
        assert (ack.times, late.times, joining.times) == (1, 0, 1)
        assert rig.diary[-2:] == ["unsubscribed of ana", "closed of ana"]
        await asyncio.sleep(0.02)
        assert not draining.done(), "the socket is not gone yet"
        rig.edge.left("of ana")


async def test_a_silent_socket_is_closed_when_the_drain_time_is_over() -> None:
    rig = EdgeRig()
    rig.push("1")
    async with _draining(rig, 0.1):
        rig.edge.left("of ben")
    assert rig.outgoing.closed[-1] == "of ana"


async def test_a_drain_of_zero_seconds_closes_all_sockets_at_once() -> None:
    rig = EdgeRig()
    rig.push("1")
    async with asyncio.timeout(10):
        await rig.edge.drain(0)
    assert set(rig.outgoing.closed) == {"of ana", "of ben"}


async def test_a_drain_without_sockets_returns_at_once() -> None:
    rig = EdgeRig()
    rig.edge.left("of ana")
    rig.edge.left("of ben")
    async with asyncio.timeout(10):
        await rig.edge.drain(100)


async def test_a_leaving_socket_that_was_refused_is_not_subscribed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(edge_map, "_PAUSE_SECONDS", 0)
    rig = EdgeRig()
    rig.push("1")
    async with _draining(rig, 60):
        rig.links.to(A).added.clear()
        rig.map.refused(["of ana"], Ownership(1, ()))
        await asyncio.sleep(0.02)
        assert rig.links.to(A).added == []
        rig.edge.left("of ana")
        rig.edge.left("of ben")


async def test_sockets_leave_one_by_one_within_half_of_the_drain_time() -> None:
    rig = EdgeRig()
    for number in range(38):
        rig.join(f"s{number}", ANA)
    begin = asyncio.get_running_loop().time()
    async with _draining(rig, 1):
        assert asyncio.get_running_loop().time() - begin > 0.4
        for socket in list(rig.edge._sockets):
            rig.edge.left(socket)
