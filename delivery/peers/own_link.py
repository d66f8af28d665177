"""The link from the edge to the owner in the same process."""

from collections.abc import Callable, Sequence

from delivery.core.subscription_set import Subscription
from delivery.push.owner import Owner
from delivery.push.routes import Routes
from delivery.push.subscribers import Subscribers
from delivery.push.subscriptions import Subscriptions
from delivery.sockets.edge_map import EdgeMap
from delivery.sockets.edge_pushes import EdgePushes

_SESSION = "own"


class OwnLink:
    """A link without a network: each call takes effect at once."""

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
        self.subscriptions = Subscriptions(_SESSION, owner, subscribers)
        routes.open(_SESSION, pushes)

    @property
    def is_up(self) -> bool:
        """Whether this instance may serve its partitions now, and has a map of owners."""
        return self._owner.is_serving and bool(self._subscribers.ownership.owners)

    def subscribe_only(self, generation: int, subscriptions: Sequence[Subscription]) -> None:
        """Subscribe these sockets and no others."""
        self._refuse(self.subscriptions.subscribe_only(generation, subscriptions))

    def add(self, generation: int, subscription: Subscription) -> None:
        """Subscribe one more socket."""
        self._refuse(self.subscriptions.add(generation, (subscription,)))

    def remove(self, socket: str, then: Callable[[], None]) -> None:
        """End a subscription, and call `then`."""
        self.subscriptions.remove((socket,))
        then()

    def _refuse(self, sockets: Sequence[str]) -> None:
        if sockets:
            self._map.refused(sockets, self._subscribers.ownership)
