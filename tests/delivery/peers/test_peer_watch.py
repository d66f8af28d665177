"""A peer whose port refuses is found gone; one that is only silent, or answers again, is not."""

import asyncio
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from delivery.core.gone_peers import Removal
from delivery.core.ownership import Ownership
from delivery.peers import peer_watch
from delivery.peers.peer_watch import PeerWatch
from delivery.peers.probe import is_refused
from tests.delivery.peers.pair import until

_OWN, _PEER = "http://own:1", "http://peer:1"
_HOST = "127.0.0.1"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer_watch, "_PAUSE_SECONDS", 0.1)


@contextmanager
def _listening(port: int) -> Iterator[None]:
    """Listen like a suspended process: the kernel accepts connections, and nobody answers."""
    with socket.create_server((_HOST, port)):
        yield


@asynccontextmanager
async def _watching(port: int, *, is_on: bool = True) -> AsyncIterator[PeerWatch]:
    watch = PeerWatch(_OWN, is_on=is_on)
    running = asyncio.create_task(watch.run())
    await asyncio.sleep(0)
    watch.adopt(Ownership(1, (_OWN, _PEER)), "own member")
    watch.linked(_PEER, "its process", (_HOST, port))
    watch.reported(_PEER, "its member", ())
    yield watch
    running.cancel()
    await asyncio.wait((running,))


async def test_only_a_port_on_which_nothing_listens_refuses(ports: Iterator[int]) -> None:
    port = next(ports)
    with _listening(port):
        assert not await is_refused((_HOST, port), 1)
    assert await is_refused((_HOST, port), 1)


async def test_an_instance_without_a_free_file_descriptor_proves_nothing(
    ports: Iterator[int],
) -> None:
    port, (soft, hard) = next(ports), resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1, hard))
    try:
        assert not await is_refused((_HOST, port), 1)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_peer_whose_port_refuses_is_to_be_removed(ports: Iterator[int]) -> None:
    told: list[frozenset[str]] = []
    async with _watching(next(ports)) as watch:
        ignore = watch.listen(lambda: told.append(watch.gone))
        watch.lost(_PEER)
        async with asyncio.timeout(10):
            removal = await watch.due()
        assert removal == Removal(_PEER, "its member")
        watch.done(removal, was_member=False)
        assert not watch.removed
        watch.done(removal, was_member=True)
        assert [peer for peer, _ in watch.removed] == [_PEER]
        assert told == [{_PEER}]
        ignore()
        watch.linked(_PEER, "its process", None)
        assert not watch.gone
        assert len(told) == 1


async def test_a_peer_whose_port_accepts_is_not_found_gone_until_it_refuses(
    ports: Iterator[int],
) -> None:
    port = next(ports)
    async with _watching(port) as watch:
        with _listening(port):
            watch.lost(_PEER)
            await asyncio.sleep(1.0)  # longer than a proof takes
            assert not watch.gone
        await until(lambda: watch.gone == {_PEER})


async def test_probing_ends_when_the_peer_owns_nothing(ports: Iterator[int]) -> None:
    async with _watching(next(ports)) as watch:
        watch.lost(_PEER)
        watch.adopt(Ownership(2, (_OWN,)), "own member")
        await until(lambda: not watch._probing)
        assert not watch.gone
        assert not watch._remotes


async def test_a_peer_that_owned_nothing_meanwhile_does_not_end_the_watch(
    ports: Iterator[int],
) -> None:
    port = next(ports)
    with _listening(port):
        async with _watching(port) as watch:
            watch.lost(_PEER)
            await asyncio.sleep(0)  # the first probe begins
            watch.linked(_PEER, "its process", (_HOST, port))
            watch.adopt(Ownership(2, (_OWN,)), "own member")
            watch.lost(_PEER)
            watch.adopt(Ownership(3, (_OWN, _PEER)), "own member")
            probing = watch._probing[_PEER]
            await asyncio.wait((probing,), timeout=10)
            assert probing.done()
            assert probing.exception() is None


async def test_a_watch_that_is_off_finds_nobody_gone(ports: Iterator[int]) -> None:
    async with _watching(next(ports), is_on=False) as watch:
        watch.lost(_PEER)
        assert not watch._probing
