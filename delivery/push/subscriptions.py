"""Who is subscribed at this owner through one session: our own sockets, or a peer's link."""

from collections.abc import Sequence

from delivery import metrics
from delivery.core.subscription_set import Digest, Subscription, SubscriptionSet
from delivery.push.owner import Owner
from delivery.push.routes import connection_of
from delivery.push.subscribers import Subscribers


class Subscriptions:
    """Owns the subscriptions of one session; they are stated again at each generation.

    What was subscribed before and is stated again goes on as it was: nobody is caught up who
    was there all the time.
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
        """What the other end compares with its own."""
        return self._set.digest

    def state(self, generation: int, subscriptions: Sequence[Subscription]) -> list[str]:
        """These sockets and no others are subscribed; returns those that are refused."""
        stated = {one.socket for one in subscriptions}
        self.remove([socket for socket in self._set.users if socket not in stated])
        return self.add(generation, subscriptions)

    def add(self, generation: int, subscriptions: Sequence[Subscription]) -> list[str]:
        """These as well, by the edge's map of that generation; returns those that are refused.

        An edge may know of a generation before we do: we are about to own the partition then.
        """
        self._generation = generation
        refused = []
        for socket, user in subscriptions:
            if not self._subscribers.answers_for(user, generation):
                self.remove((socket,))
                refused.append(socket)
            elif socket not in self._set.users:
                self._set.add(socket, user)
                metrics.SUBSCRIPTIONS.inc()
                self._owner.subscribe(user, connection_of(self._session, socket))
        return refused

    def remove(self, sockets: Sequence[str]) -> None:
        """These sockets are gone."""
        for socket in sockets:
            user = self._set.users.get(socket)
            if user is not None:
                self._set.discard(socket)
                metrics.SUBSCRIPTIONS.dec()
                self._owner.unsubscribe(user, connection_of(self._session, socket))

    def _keep_owned(self) -> None:
        """The map has changed: forget who belongs elsewhere now; the edge states it there."""
        answers_for = self._subscribers.answers_for
        users = self._set.users.items()
        self.remove([name for name, user in users if not answers_for(user, self._generation)])

    def end(self) -> None:
        """The session is over, and so is what was subscribed through it."""
        self._unwatch()
        self.remove(list(self._set.users))
