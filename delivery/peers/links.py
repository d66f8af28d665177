"""The edge's links: to the owner in this process, and to every other owner on the map."""

import asyncio
from collections.abc import Sequence

from delivery.peers.credentials import Credentials
from delivery.peers.own_link import OwnLink
from delivery.peers.peer_link import PeerLink
from delivery.peers.peer_watch import PeerWatch
from delivery.sockets.edge_map import EdgeMap
from delivery.sockets.edge_pushes import EdgePushes
from delivery.sockets.edge_subscriptions import Link


class PeerLinks:
    """Owns the links to owners in other processes, and the tasks that keep these links up."""

    def __init__(
        self,
        own: OwnLink,
        credentials: Credentials,
        pushes: EdgePushes,
        edge_map: EdgeMap,
        watch: PeerWatch,
    ) -> None:
        self._own = own
        self._credentials = credentials
        self._pushes = pushes
        self._map = edge_map
        self._watch = watch
        self._links: dict[str, tuple[PeerLink, asyncio.Task[None]]] = {}
        self._tasks = asyncio.TaskGroup()

    @property
    def address(self) -> str:
        """The address of this instance."""
        return self._credentials.address

    @property
    def removed(self) -> Sequence[tuple[str, float]]:
        """The last owners that this instance has removed, and when, in Unix seconds."""
        return self._watch.removed

    @property
    def states(self) -> list[tuple[str, bool]]:
        """The address of each other owner, and whether the link to it is up."""
        return [(address, link.is_up) for address, (link, _) in sorted(self._links.items())]

    def to(self, address: str) -> Link:
        """Return the link to the owner at this address. The first call creates it."""
        if address == self._credentials.address:
            return self._own
        if address not in self._links:
            link = PeerLink(address, self._credentials, self._pushes, self._map, self._watch)
            self._links[address] = link, self._tasks.create_task(link.run())
        return self._links[address][0]

    def only(self, addresses: set[str]) -> None:
        """Close the links to all other addresses, because they no longer own a partition."""
        for address in self._links.keys() - addresses:
            _, task = self._links.pop(address)
            task.cancel()
        # The link within this process is never closed. It only loses its subscriptions.
        if self._credentials.address not in addresses:
            self._own.subscribe_only(self._map.ownership.generation, ())

    async def run(self) -> None:
        """Keep the links up until cancelled."""
        async with self._tasks:
            await self._own.run()
