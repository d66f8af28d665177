"""An owner and an edge of it, each in this process, with a link over loopback between them."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from delivery.peers import peer_link, peer_server
from tests.delivery.peers.pair import EdgeSide, OwnerSide


@pytest_asyncio.fixture
async def owner(ports: Iterator[int]) -> AsyncIterator[OwnerSide]:
    """An instance that owns all there is, and lets peers in."""
    side = OwnerSide(next(ports))
    async with side.serving():
        yield side


@pytest.fixture
def edge(owner: OwnerSide) -> EdgeSide:
    """An instance with sockets; its link is not dialled yet."""
    return EdgeSide(owner.address)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hearts beat fast, and silence is short."""
    monkeypatch.setattr(peer_link, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(peer_link, "SILENCE_SECONDS", 0.4)
    monkeypatch.setattr(peer_server, "SILENCE_SECONDS", 0.4)
    monkeypatch.setattr(peer_link, "_RETRY_SECONDS", 0.01)


@pytest.fixture
def beatless(monkeypatch: pytest.MonkeyPatch) -> None:
    """No beat comes to mend what was not said, and none is missed."""
    for name, module in (("BEAT", peer_link), ("SILENCE", peer_link), ("SILENCE", peer_server)):
        monkeypatch.setattr(module, f"{name}_SECONDS", 60)
