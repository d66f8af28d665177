"""The link from the edge to the owner in the same process."""

import asyncio
from collections.abc import Callable, Sequence

from delivery.core.forwarded_acks import ForwardedAcks, is_written_here
from delivery.core.subscription_set import Subscription, SubscriptionSet
from delivery.push.owner import Owner
from delivery.push.routes import Routes
from delivery.push.subscribers import Subscribers
from delivery.push.subscriptions import Subscriptions
from delivery.sockets.edge_map import EdgeMap
from delivery.sockets.edge_pushes import EdgePushes
from runtime.slices import Slices

_SESSION = "own"


class OwnLink:
    """A link without a network: `add` and `remove` take effect at once.

    `subscribe_only` takes effect in slices, which `run` carries out.
    """

    def __init__(
        self,
        owner: Owner,
        subscribers: Subscribers,
        routes: Routes,
        pushes: EdgePushes,
        edge_map: EdgeMap,
    ) -> None:
        self._owner = owner
        self._subscribers = subscribers
        self._map = edge_map
        self._subscriptions = Subscriptions(_SESSION, owner, subscribers)
        self._generation = 0
        self._sets: Sequence[SubscriptionSet] = ()
        self._is_stale = asyncio.Event()
        """Set while there are new sets that `run` has not begun to subscribe."""
        routes.open(_SESSION, pushes)
        subscribers.note_edge(_SESSION, "")

    @property
    def is_up(self) -> bool:
        """Whether this instance may serve its partitions now, and has a map of owners."""
        return self._owner.is_serving and bool(self._subscribers.ownership.owners)

    def subscribe_only(self, generation: int, sets: Sequence[SubscriptionSet]) -> None:
        """Subscribe the sockets in these sets and no others."""
        self._generation = generation
        self._sets = sets
        self._is_stale.set()

    def add(self, generation: int, subscription: Subscription) -> None:
        """Subscribe one more socket."""
        self._refuse(self._subscriptions.add(generation, (subscription,)))

    def remove(self, socket: str, then: Callable[[], None]) -> None:
        """End a subscription, and call `then`."""
        self._subscriptions.remove((socket,))
        then()

    def knows(self, forwarded: ForwardedAcks | None) -> bool:
        """Return whether this process has written these acks, or will write them."""
        return is_written_here(forwarded)

    async def run(self) -> None:
        """Subscribe the sockets that the latest `subscribe_only` lists. Runs until cancelled."""
        while True:
            await self._is_stale.wait()
            self._is_stale.clear()
            await self._apply_snapshot()

    async def _apply_snapshot(self) -> None:
        slices, generation = Slices(), self._generation
        self._subscriptions.begin()
        for users in [each.users for each in self._sets]:
            for socket, user in list(users.items()):
                await slices.step()
                if self._is_stale.is_set():
                    return  # A newer map has arrived. Begin again with its sets.
                if socket in users:  # The socket may have left meanwhile.
                    self.add(self._generation, Subscription(socket, user))
        await self._subscriptions.drop_unlisted(generation)
        self._subscribers.note_edge(_SESSION, "", generation)

    def _refuse(self, sockets: Sequence[str]) -> None:
        if sockets:
            self._map.refused(sockets, self._subscribers.ownership)
