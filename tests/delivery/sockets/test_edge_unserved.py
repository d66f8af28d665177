"""The edge closes sockets that no owner has served for too long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from delivery.core.ownership import Ownership
from delivery.sockets import edge_map
from delivery.sockets import edge_subscriptions as module
from tests.delivery.sockets.rig import ANA, BEN, A, EdgeRig


class _Clock:
    """A clock for the edge, which checks for unserved sockets in every turn of the loop."""

    def __init__(self, rig: EdgeRig) -> None:
        self._rig = rig
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    async def forward(self, seconds: float) -> list[str]:
        """Advance the clock, let the edge check, and return the closed sockets."""
        self.now += seconds
        for _ in range(3):
            await asyncio.sleep(0)
        return self._rig.outgoing.closed


@asynccontextmanager
async def _looking(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[EdgeRig, _Clock]]:
    rig = EdgeRig()
    clock = _Clock(rig)
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(module, "_CHECK_SECONDS", 0)
    for socket, user in (("of ana", ANA), ("of ben", BEN)):
        rig.join(socket, user)  # joins again, at a time by this clock
    task = asyncio.create_task(rig.edge.run())
    await clock.forward(0)  # the first check
    yield rig, clock
    task.cancel()
    await asyncio.wait((task,))


async def test_a_socket_whose_link_stays_down_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with _looking(monkeypatch) as (rig, clock):
        assert await clock.forward(100) == [], "served sockets stay"
        rig.links.to(A).is_up = False
        assert await clock.forward(module._PATIENCE_SECONDS) == []
        assert await clock.forward(0.1) == ["of ana"]
        assert await clock.forward(module._PATIENCE_SECONDS * 2) == ["of ana"], (
            "a socket is closed only once"
        )


async def test_a_link_that_is_up_again_in_time_restarts_the_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with _looking(monkeypatch) as (rig, clock):
        for _ in range(4):
            rig.links.to(A).is_up = False
            await clock.forward(module._PATIENCE_SECONDS - 1)
            rig.links.to(A).is_up = True
            assert await clock.forward(1) == []


async def test_a_socket_that_is_always_refused_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(edge_map, "_PAUSE_SECONDS", 60)
    async with _looking(monkeypatch) as (rig, clock):
        rig.map.refused(["of ana"], Ownership(1, ()))
        assert await clock.forward(module._PATIENCE_SECONDS + 1) == ["of ana"]


async def test_a_socket_whose_partition_has_no_owner_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with _looking(monkeypatch) as (rig, clock):
        rig.map.adopt(Ownership(2, (A, "")))
        assert await clock.forward(module._PATIENCE_SECONDS + 1) == ["of ben"]
