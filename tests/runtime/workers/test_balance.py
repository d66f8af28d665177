"""Workers that share a listening socket get equally many connections."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from runtime.workers.acceptor import Acceptor
from runtime.workers.balance import ACCEPTS_NOTHING, Balance
from runtime.workers.shared_memory import SharedMemory
from tests.producer_api.clock import Clock
from tests.services.waiting import eventually


class _Worker:
    """A worker in this process. It owns its open connections."""

    def __init__(
        self,
        listener: socket.socket,
        memory: SharedMemory,
        number: int,
        polite_seconds: float = 0.002,
    ) -> None:
        self.open: set[asyncio.BaseTransport] = set()
        self.balance = Balance(memory, number, lambda: len(self.open))
        self.acceptor = Acceptor(
            listener.dup(), lambda: _Connection(self), self.balance.is_ahead, polite_seconds
        )


class _Connection(asyncio.Protocol):
    def __init__(self, worker: _Worker) -> None:
        self._open = worker.open

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._open.add(transport)


class _Shop:
    """Three workers that listen on one address, and the clients that connect to it."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.memory = SharedMemory.new(3, 0)
        self.workers = [_Worker(self.listener, self.memory, number) for number in (1, 2, 3)]
        for worker in self.workers:
            worker.balance.publish()
        self.clients: list[socket.socket] = []

    @property
    def shares(self) -> list[int]:
        return [len(worker.open) for worker in self.workers]

    def has_spread_between_the_last_two(self) -> None:
        first, *others = self.shares
        assert first == 0
        assert max(others) - min(others) <= 2, others

    async def connect(self, count: int) -> None:
        expected = sum(self.shares) + count
        address = self.listener.getsockname()
        self.clients += [socket.create_connection(address) for _ in range(count)]

        async def all_accepted() -> bool:
            return sum(self.shares) == expected

        await eventually(all_accepted)


@pytest_asyncio.fixture
async def shop() -> AsyncIterator[_Shop]:
    shop = _Shop()
    yield shop
    for worker in shop.workers:
        worker.acceptor.close()
        await worker.acceptor.wait_closed()
        for transport in worker.open:
            transport.close()
    for client in shop.clients:
        client.close()
    shop.listener.close()
    os.close(shop.memory.descriptor)


@pytest.mark.parametrize("count", [4, 60])
async def test_a_burst_is_spread_evenly(shop: _Shop, count: int) -> None:
    await shop.connect(count)
    assert max(shop.shares) - min(shop.shares) <= 2, shop.shares


async def test_a_worker_that_is_ahead_lets_the_others_go_first(shop: _Shop) -> None:
    first, *others = shop.workers
    for worker in others:
        worker.acceptor.close()
        worker.balance.withdraw()
    await shop.connect(4)
    slow = _Worker(shop.listener, shop.memory, 2, polite_seconds=0.5)
    shop.workers[1] = slow
    slow.balance.publish()
    slow.open = first.open  # the slow worker appears to have the first one's four connections
    first.open = set()
    first.balance.publish()
    await shop.connect(3)
    assert (len(first.open), len(slow.open)) == (3, 4)
    first.acceptor.close()
    await shop.connect(1)
    assert len(slow.open) == 5, "a worker that is ahead waits only for a moment"


async def test_nobody_waits_for_a_worker_that_accepts_nothing(shop: _Shop) -> None:
    shop.workers[0].balance.withdraw()
    shop.workers[0].acceptor.close()
    await shop.connect(20)
    shop.has_spread_between_the_last_two()
    for worker in shop.workers[1:]:
        worker.balance.publish()
    behind = min(shop.workers[1:], key=lambda worker: len(worker.open))
    assert not behind.balance.is_ahead(0)
    assert behind.balance.is_ahead(3), "connections that are not open yet count, too"


async def test_a_worker_that_hangs_gets_nothing_and_delays_nobody(shop: _Shop) -> None:
    # The first worker hangs: it has fewer connections than the others, but accepts none.
    shop.workers[0].acceptor.close()
    await shop.connect(20)
    shop.has_spread_between_the_last_two()


def test_nobody_waits_long_for_a_worker_that_no_longer_publishes_its_number() -> None:
    clock = Clock(0)
    memory = SharedMemory.new(2, 0)
    first, second = (Balance(memory, number, lambda: 3, lambda: int(clock())) for number in (1, 2))
    clock.now = 5e9
    assert not first.is_ahead(1), "the second worker has not published yet"
    second.publish()
    assert first.is_ahead(1)
    clock.now += 1e9
    assert not first.is_ahead(1)
    second.publish()
    assert first.is_ahead(1)
    second.withdraw()
    assert not first.is_ahead(1)
    assert list(memory.connections) == [4, ACCEPTS_NOTHING]
    os.close(memory.descriptor)
