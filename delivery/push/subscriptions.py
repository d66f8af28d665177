"""The subscriptions at this owner that came through one session."""

from collections import defaultdict
from collections.abc import Sequence

from delivery import metrics
from delivery.core.subscription_set import Digest, Subscription, SubscriptionSet, union_digest
from delivery.push.owner import Owner
from delivery.push.routes import connection_of
from delivery.push.subscribers import Subscribers
from runtime.slices import Slices


class Subscriptions:
    """Owns the subscriptions of one session, by partition.

    The edge sends a snapshot of all of them at each generation, in parts: `begin`, `add` for each
    part, then `drop_unlisted`. A subscription that is listed again is left as it is: the user does
    not catch up again. Between the parts, the edge may add and remove other subscriptions.

    If the edge's map differs from the map here, a snapshot may lack users of this instance's
    partitions: the edge subscribes them at the owner that its own map names. These users are not
    absent.

    Ending a subscription takes many steps. If thousands end together, they end in slices, between
    which other tasks run.
    """

    def __init__(self, session: str, owner: Owner, subscribers: Subscribers) -> None:
        self._session = session
        self._owner = owner
        self._subscribers = subscribers
        self._sets: dict[int, SubscriptionSet] = defaultdict(SubscriptionSet)
        #: The sockets that the snapshot under way has not listed yet, with their partitions.
        self._unlisted: dict[str, int] = {}
        self._generation = 0
        self._unwatch = subscribers.watch(self._keep_owned)

    @property
    def digest(self) -> Digest:
        """The digest of the subscriptions, which is compared with the edge's digest."""
        return union_digest(self._sets.values())

    def __contains__(self, socket: str) -> bool:
        return any(socket in each.users for each in self._sets.values())

    def begin(self) -> None:
        """Begin a snapshot of all subscriptions of the session."""
        self._unlisted = {
            socket: number for number, each in self._sets.items() for socket in each.users
        }

    async def drop_unlisted(self, generation: int | None) -> None:
        """End the subscriptions that were not listed since `begin`, in slices.

        `generation` is the snapshot's, or None if the link has broken.
        """
        slices = Slices()
        while self._unlisted:
            # Use the latest state at each step: after a pause, the session may have subscribed
            # or removed a socket, or begun another snapshot.
            socket, number = self._unlisted.popitem()
            is_gone = generation == self._subscribers.ownership.generation
            self._remove(socket, number, is_gone=is_gone)
            await slices.step()

    def add(self, generation: int, subscriptions: Sequence[Subscription]) -> list[str]:
        """Subscribe these sockets, too, and return those that are refused.

        `generation` is the generation of the edge's map. If it is newer than the map here, this
        instance may be about to own the partitions, and accepts the subscriptions.
        """
        self._generation = generation
        refused = []
        added = 0
        for socket, user in subscriptions:
            number = self._subscribers.partition_of(user)
            self._unlisted.pop(socket, None)
            if not self._subscribers.answers_for(number, generation):
                self._remove(socket, number)  # an earlier map may have allowed it
                refused.append(socket)
            # A socket that is subscribed already must not make its user catch up again.
            elif self._sets[number].add(socket, user):
                added += 1
                self._owner.subscribe(user, connection_of(self._session, socket))
        metrics.SUBSCRIPTIONS.inc(added)
        return refused

    def remove(self, sockets: Sequence[str]) -> None:
        """End the subscriptions of these sockets."""
        for socket in sockets:
            for number, each in self._sets.items():
                if socket in each.users:
                    self._remove(socket, number)
                    break

    def _remove(self, socket: str, number: int, *, is_gone: bool = True) -> None:
        """End a subscription. Without `is_gone`, the client may still be connected to its edge."""
        subscriptions = self._sets[number]
        user = subscriptions.users.get(socket)
        if user is not None:
            subscriptions.discard(socket)
            metrics.SUBSCRIPTIONS.dec()
            connection = connection_of(self._session, socket)
            if is_gone:
                self._owner.unsubscribe(user, connection)
            else:
                self._owner.lose(user, connection)

    def _keep_owned(self) -> None:
        """Drop the subscriptions that belong elsewhere under a new map.

        The edge subscribes those sockets at the new owner. Their partitions are not here, so no
        state of their users has to change, and thousands can be dropped at once.
        """
        for number in list(self._sets):
            if self._subscribers.answers_for(number, self._generation):
                continue
            users = self._sets.pop(number).users
            metrics.SUBSCRIPTIONS.dec(len(users))
            self._subscribers.drop(
                number,
                ((user, connection_of(self._session, socket)) for socket, user in users.items()),
            )

    async def end(self) -> None:
        """End the session, whose link has broken, and all its subscriptions, in slices."""
        self._unwatch()
        self.begin()
        await self.drop_unlisted(None)
