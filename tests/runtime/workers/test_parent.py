"""The parent and its workers as real processes: starts, deaths, hanging workers, and ends."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.services.http import http_client
from tests.services.program import Program
from tests.services.waiting import eventually
from tests.services.workers import pids_of

_COUNT = 2
_CONNECTIONS = 12


class _Tiny(Program):
    """The tiny program with two workers."""

    def __init__(self, port: int, **env: str) -> None:
        super().__init__("tests.runtime.workers.tiny", f"http://127.0.0.1:{port}", os.environ | env)
        self._argv = [sys.executable, "-m", self.name, str(port), str(_COUNT)]

    @property
    def pids(self) -> dict[int, int]:
        """The process id of each worker's last start, by its number."""
        return pids_of(self)

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Return the lines of this event."""
        return [line for line in self.events if line["event"] == event]

    async def answers_of(self, paths: list[str]) -> list[str]:
        """Send all requests at the same time, each on its own connection. Return the answers."""

        async def answer(path: str) -> str:
            async with http_client(self.url, timeout=20) as client:
                return (await client.get(path)).text

        return await asyncio.gather(*map(answer, paths))

    async def served_by(self) -> set[int]:
        """Return the processes that answer."""
        answers = await asyncio.gather(*(self._one() for _ in range(_CONNECTIONS)))
        return set(answers) - {0}

    async def _one(self) -> int:
        try:
            async with http_client(self.url, timeout=1) as client:
                return int((await client.get("/")).text)
        except httpx.TransportError:
            return 0

    async def all_serve(self) -> None:
        """Wait until each worker answers."""

        async def serve() -> bool:
            return len(self.pids) == _COUNT and await self.served_by() == set(self.pids.values())

        await eventually(serve)


@asynccontextmanager
async def _running(port: int) -> AsyncIterator[_Tiny]:
    tiny = _Tiny(port)
    await tiny.start_unready()
    try:
        await tiny.all_serve()
        yield tiny
    finally:
        await tiny.stop()


def _lives(pid: int) -> bool:
    """Return whether the process still runs. A zombie does not: init has not reaped it yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def test_a_worker_that_dies_hangs_or_stops_is_replaced_and_its_counts_stay(
    ports: Iterator[int],
) -> None:
    async with _running(next(ports)) as tiny:
        first = dict(tiny.pids)
        os.kill(first[1], signal.SIGKILL)
        await tiny.all_serve()
        assert tiny.pids[1] != first[1]
        assert tiny.pids[2] == first[2]
        assert [(end["worker"], end["status"]) for end in tiny.logged("worker ended")] == [(1, -9)]

        os.kill(tiny.pids[2], signal.SIGSTOP)
        assert await tiny.served_by() == {tiny.pids[1]}, (
            "the worker that runs takes all connections"
        )
        await tiny.all_serve()
        assert [line["worker"] for line in tiny.logged("worker hangs")] == [2]
        assert tiny.pids[2] != first[2]

        await _counts_stay(tiny)

        pids = list(tiny.pids.values())
        await _the_second_interrupt_drops_open_requests(tiny)
        assert not any(map(_lives, pids))
        assert len(tiny.logged("worker stopped")) == _COUNT
        assert tiny.events[-1]["event"] == "stopped"
        assert "worker" not in tiny.events[-1]


async def _the_second_interrupt_drops_open_requests(tiny: _Tiny) -> None:
    never = asyncio.create_task(tiny.answers_of(["/never"] * _CONNECTIONS))
    await tiny.served_by()
    before = len(tiny.logged("stopping"))
    tiny._signal(signal.SIGINT)

    async def all_are_stopping() -> bool:
        return len(tiny.logged("stopping")) == before + 1 + _COUNT

    await eventually(all_are_stopping)
    tiny._signal(signal.SIGINT)
    assert await tiny.wait() == 0
    assert tiny.logged("workers stopped late") == []
    await asyncio.gather(never, return_exceptions=True)


async def _counts_stay(tiny: _Tiny) -> None:
    before = await tiny.samples()
    assert (before["tiny_workers"], before["tiny_worker_ends_total"]) == (2, 2)
    await tiny.answers_of(["/"] * 10)
    after = await tiny.samples()
    # The request for the metrics also counts as one.
    assert after["tiny_requests_total"] == before["tiny_requests_total"] + 11

    # An operator may stop one worker after the other. Each answers the requests that it has begun,
    # and gives its last counts to the parent.
    late = asyncio.create_task(tiny.answers_of(["/late"] * 6))
    await tiny.served_by()  # so that the late requests have begun
    os.kill(tiny.pids[1], signal.SIGTERM)

    async def has_ended() -> bool:
        return len(tiny.logged("worker ended")) == 3

    await eventually(has_ended)
    assert len(await late) == 6
    later = await tiny.samples()
    more = 6 * 101 + _CONNECTIONS + 1
    assert later["tiny_requests_total"] == after["tiny_requests_total"] + more
    await tiny.all_serve()
    assert [end["status"] for end in tiny.logged("worker ended")] == [-9, -9, 0]


async def test_workers_end_with_their_parent_even_if_they_hang(ports: Iterator[int]) -> None:
    async with _running(next(ports)) as tiny:
        pids = list(tiny.pids.values())
        hanging = asyncio.create_task(tiny.answers_of(["/hang"]))

        async def one_hangs() -> bool:
            return len(await tiny.served_by()) == 1

        await eventually(one_hangs)
        tiny.send_kill()

        async def all_have_ended() -> bool:
            return not any(map(_lives, pids))

        try:
            await eventually(all_have_ended, within=20)
        finally:
            for pid in filter(_lives, pids):
                os.kill(pid, signal.SIGKILL)
        [result] = await asyncio.gather(hanging, return_exceptions=True)
        assert isinstance(result, httpx.TransportError)


async def test_the_parent_ends_with_the_status_of_a_worker_that_cannot_start(
    ports: Iterator[int],
) -> None:
    tiny = _Tiny(next(ports), TINY_ENDS_AT_START="2")
    await tiny.start_unready()
    assert await tiny.wait() == 5
    [given_up] = tiny.logged("workers given up")
    assert (given_up["worker"], given_up["status"]) == (2, 5)
    assert not any(map(_lives, tiny.pids.values()))


async def test_the_parent_says_that_its_port_is_taken_and_starts_nothing(
    ports: Iterator[int],
) -> None:
    port = next(ports)
    with socket.create_server(("127.0.0.1", port)):
        tiny = _Tiny(port)
        await tiny.start_unready()
        assert await tiny.wait() == 3
    [line] = tiny.logged("port not available")
    assert "address already in use" in line["cause"]
    assert tiny.pids == {}
