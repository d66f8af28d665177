"""The links of an edge: one to each other owner, and one within the process."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import cast

from delivery.core.ownership import Ownership
from delivery.core.subscription_set import SubscriptionSet
from delivery.peers.credentials import Credentials
from delivery.peers.links import PeerLinks
from delivery.peers.own_link import OwnLink
from delivery.peers.peer_link import PeerLink
from delivery.peers.peer_watch import PeerWatch
from delivery.sockets.edge_map import EdgeMap
from delivery.sockets.edge_pushes import EdgePushes
from tests.delivery.peers.pair import EDGE_ADDRESS, SECRET, OwnerSide, until


class _Own:
    """Stands in for the link within the process. Records the calls of `subscribe_only`."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, Sequence[SubscriptionSet]]] = []

    def subscribe_only(self, generation: int, sets: Sequence[SubscriptionSet]) -> None:
        self.calls.append((generation, sets))

    async def run(self) -> None:
        await asyncio.Event().wait()


@asynccontextmanager
async def _running() -> AsyncIterator[tuple[PeerLinks, _Own]]:
    own = _Own()
    edge_map = EdgeMap()
    edge_map.adopt(Ownership(3, ()))
    credentials = Credentials(EDGE_ADDRESS, "the edge", [SECRET])
    watch = PeerWatch(EDGE_ADDRESS, is_on=False)
    links = PeerLinks(cast(OwnLink, own), credentials, cast(EdgePushes, None), edge_map, watch)
    task = asyncio.create_task(links.run())
    await asyncio.sleep(0)
    yield links, own
    task.cancel()
    await asyncio.wait((task,))


async def test_each_owner_has_one_link_and_the_link_within_the_process_needs_no_network() -> None:
    async with _running() as (links, own):
        link = links.to("http://127.0.0.1:1")
        assert links.to("http://127.0.0.1:1") is link
        assert links.to("http://127.0.0.1:2") is not link
        assert cast(object, links.to(EDGE_ADDRESS)) is own


async def test_the_link_to_a_former_owner_is_closed_and_opened_again_on_demand(
    ports: Iterator[int],
) -> None:
    stays, goes = OwnerSide(next(ports)), OwnerSide(next(ports))
    async with stays.serving(), goes.serving(), _running() as (links, _):
        first_links = [links.to(side.address) for side in (stays, goes)]
        await until(lambda: all(link.is_up for link in first_links))
        links.only({stays.address, EDGE_ADDRESS})
        await until(lambda: not goes.sessions)
        assert stays.sessions
        assert cast(PeerLink, first_links[0]).is_up
        again = links.to(goes.address)
        assert again is not first_links[1]
        await until(lambda: again.is_up)


async def test_subscriptions_within_the_process_end_when_it_owns_nothing() -> None:
    async with _running() as (links, own):
        links.only({EDGE_ADDRESS})
        assert own.calls == []
        links.only({"http://127.0.0.1:1"})
        assert own.calls == [(3, ())]
