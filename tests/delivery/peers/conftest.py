"""An owner and an edge, both in this process, with a link between them over loopback."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from delivery.peers import peer_link, peer_server
from tests.delivery.peers.pair import EdgeSide, OwnerSide


@pytest_asyncio.fixture
async def owner(ports: Iterator[int]) -> AsyncIterator[OwnerSide]:
    """An instance that owns the only partition and accepts links."""
    side = OwnerSide(next(ports))
    async with side.serving():
        yield side


@pytest.fixture
def edge(owner: OwnerSide) -> EdgeSide:
    """An instance with sockets. The link is not dialled yet."""
    return EdgeSide(owner.address)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send beats often, and close a silent link soon."""
    monkeypatch.setattr(peer_link, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(peer_server, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(peer_link, "SILENCE_SECONDS", 0.4)
    monkeypatch.setattr(peer_server, "SILENCE_SECONDS", 0.4)
    monkeypatch.setattr(peer_link, "_RETRY_SECONDS", 0.01)


@pytest.fixture
def beatless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send no beats, so that none repairs a lost message, and close no link for its silence."""
    for module in (peer_link, peer_server):
        for name in ("BEAT_SECONDS", "SILENCE_SECONDS"):
            monkeypatch.setattr(module, name, 60)
