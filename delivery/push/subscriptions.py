"""The subscriptions at this owner that came through one session."""

from collections.abc import Sequence

from delivery import metrics
from delivery.core.subscription_set import Digest, Subscription, SubscriptionSet
from delivery.push.owner import Owner
from delivery.push.routes import connection_of
from delivery.push.subscribers import Subscribers


class Subscriptions:
    """Owns the subscriptions of one session. The edge sends them all again at each generation.

    A subscription that is sent again is left as it is: the user does not catch up again.
    """

    def __init__(self, session: str, owner: Owner, subscribers: Subscribers) -> None:
        self._session = session
        self._owner = owner
        self._subscribers = subscribers
        self._set = SubscriptionSet()
        self._generation = 0
        self._unwatch = subscribers.watch(self._keep_owned)

    @property
    def digest(self) -> Digest:
        """The digest of the subscriptions, which the edge compares with its own."""
        return self._set.digest

    def subscribe_only(self, generation: int, subscriptions: Sequence[Subscription]) -> list[str]:
        """Subscribe these sockets and no others. Returns the sockets that are refused."""
        listed = {subscription.socket for subscription in subscriptions}
        self.remove([socket for socket in self._set.users if socket not in listed])
        return self.add(generation, subscriptions)

    def add(self, generation: int, subscriptions: Sequence[Subscription]) -> list[str]:
        """Subscribe these sockets in addition. Returns the sockets that are refused.

        `generation` is the generation of the edge's map. If it is newer than the map here, this
        instance may be about to own the partition, and accepts the subscription.
        """
        self._generation = generation
        refused = []
        for socket, user in subscriptions:
            if not self._subscribers.answers_for(user, generation):
                self.remove((socket,))  # an earlier map may have allowed it
                refused.append(socket)
            elif socket not in self._set.users:  # otherwise the user would catch up again
                self._set.add(socket, user)
                metrics.SUBSCRIPTIONS.inc()
                self._owner.subscribe(user, connection_of(self._session, socket))
        return refused

    def remove(self, sockets: Sequence[str]) -> None:
        """End the subscriptions of these sockets."""
        for socket in sockets:
            user = self._set.users.get(socket)
            if user is not None:
                self._set.discard(socket)
                metrics.SUBSCRIPTIONS.dec()
                self._owner.unsubscribe(user, connection_of(self._session, socket))

    def _keep_owned(self) -> None:
        """Drop the subscriptions that belong elsewhere under a new map.

        The edge subscribes those sockets at the new owner.
        """
        answers_for = self._subscribers.answers_for
        users = self._set.users.items()
        self.remove([socket for socket, user in users if not answers_for(user, self._generation)])

    def end(self) -> None:
        """End the session and all its subscriptions."""
        self._unwatch()
        self.remove(list(self._set.users))
