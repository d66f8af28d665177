"""Subscribes each socket of this instance at the owner of the user's partition.

Disconnects a socket that no owner serves, so that its client tries another instance.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from delivery import metrics
from delivery.core.forwarded_acks import ForwardedAcks, is_written_here
from delivery.core.subscription_set import Subscription, SubscriptionSet
from delivery.core.unserved import Unserved
from delivery.delivered.writer import DeliveredWriter
from delivery.receipts.owed_receipts import Delivered
from delivery.sockets.edge_map import EdgeMap
from delivery.sockets.edge_pushes import Acked, EdgePushes
from producer_api.contract.partitioning import partition_of
from runtime.slices import Slices

#: A socket that no owner has served for this long is disconnected, so that its client tries
#: another instance.
_PATIENCE_SECONDS = 6.0
_CHECK_SECONDS = 1.0
#: The pause between sending away one client and the next, so that they do not all connect again
#: at the same time.
_DRAIN_PAUSE_SECONDS = 0.02
#: The attempt in the receipts of acks that the edge writes itself. Only the owner knows the real
#: number, and the edge cannot reach the owner in this case.
_UNKNOWN_ATTEMPT = 1


class UnservedError(Exception):
    """Some partitions are served by no owner that this instance reaches; the message says which."""


class Link(Protocol):
    """The connection to one owner, in this process or over the network."""

    @property
    def is_up(self) -> bool:
        """Whether the owner serves the subscriptions of this link."""

    def subscribe_only(self, generation: int, sets: Sequence[SubscriptionSet]) -> None:
        """Subscribe only the sockets in these sets, now and each time the link comes up.

        The caller may change the sets later, and then calls `add` or `remove`.
        """

    def add(self, generation: int, subscription: Subscription) -> None:
        """Subscribe one more socket, which is in one of the sets."""

    def remove(self, socket: str, then: Callable[[], None]) -> None:
        """End a subscription; call `then` when the owner has ended it or cannot be reached."""

    def knows(self, forwarded: ForwardedAcks | None) -> bool:
        """Return whether the owner still knows these acks, or has written them."""


class Links(Protocol):
    """The links to all owners."""

    def to(self, address: str) -> Link:
        """Return the link to the owner at this address. The first call creates it."""

    def only(self, addresses: set[str]) -> None:
        """Close all links except those to these addresses."""


@dataclass(slots=True, eq=False)
class _Subscriber:
    user: str
    close: Callable[[], None]
    partition: int
    joined_at: float
    is_sent_away: bool = False


class EdgeSubscriptions:
    """Owns the list of this instance's sockets, with the user and the partition of each.

    For the owner, each socket is a connection of its user.
    """

    def __init__(
        self, edge_map: EdgeMap, links: Links, pushes: EdgePushes, delivered: DeliveredWriter
    ) -> None:
        self._map = edge_map
        self._links = links
        self._pushes = pushes
        self._delivered = delivered
        self._sockets: dict[str, _Subscriber] = {}
        #: What is to be subscribed, by partition. A new map gives each link its partitions' sets,
        #: which takes no longer with many sockets than with few.
        self._sets: dict[int, SubscriptionSet] = defaultdict(SubscriptionSet)
        self._leaving: set[str] = set()
        self._socket_left = asyncio.Event()
        self._unserved = Unserved(_PATIENCE_SECONDS)
        edge_map.watch(self._subscribe_all, self._subscribe)

    def joined(self, socket: str, user: str, close: Callable[[], None]) -> None:
        """Subscribe a socket whose client is connected and ready to receive.

        `Sessions` lets in clients only once there is a map. `close` ends the WebSocket as if the
        connection had broken, so that the client connects again by itself.
        """
        partition = partition_of(user, len(self._map.ownership.owners))
        self._sockets[socket] = _Subscriber(user, close, partition, time.monotonic())
        self._pushes.open(socket, user, partial(self._write, user, then=lambda: None))
        self._subscribe(socket)

    def left(self, socket: str) -> None:
        """End the subscription of a socket whose client is gone."""
        acked = self._pushes.close(socket)
        subscriber = self._sockets.pop(socket, None)
        if subscriber is not None and not subscriber.is_sent_away:
            self._unsubscribe(socket, subscriber, acked, lambda: None)
        self._leaving.discard(socket)
        self._socket_left.set()

    async def check(self) -> None:
        """Check, for readiness, that an owner serves each partition. Raises `UnservedError`."""
        if partitions := self._unserved.partitions:
            numbers = ", ".join(map(str, sorted(partitions)))
            raise UnservedError(f"no owner serves partitions {numbers}; their users are sent away")

    async def drain(self, seconds: float) -> None:
        """Send every client to another instance, within `seconds`.

        Goes through the clients one by one, in at most half of that time. Sends a client away as
        soon as it has acknowledged every push. If it left earlier, it would get the same
        notifications again from the next instance. When the time is over, sends away the remaining
        clients.
        """
        sockets = list(self._sockets)
        pause = min(_DRAIN_PAUSE_SECONDS, seconds / 2 / max(1, len(sockets)))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                for socket in sockets:
                    self._leave(socket)
                    await asyncio.sleep(pause)
                while self._leaving:
                    self._socket_left.clear()
                    await self._socket_left.wait()
        slices = Slices()
        for socket in list(self._sockets):
            self._send_away(socket)
            await slices.step()

    async def run(self) -> None:
        """Disconnect clients that no owner has served for too long. Runs until cancelled."""
        while True:
            await asyncio.sleep(_CHECK_SECONDS)
            now, slices = time.monotonic(), Slices()
            owners = range(len(self._map.ownership.owners))
            served = {number: self._is_served(number) for number in owners}
            self._unserved.check(served, self._map.refused_sockets, now)
            overdue = self._unserved.sockets
            if partitions := self._unserved.partitions:
                overdue += [
                    socket
                    for socket, subscriber in self._sockets.items()
                    if subscriber.partition in partitions
                    and now - subscriber.joined_at > _PATIENCE_SECONDS
                ]
            for socket in overdue:
                await slices.step()
                self._send_away_unserved(socket)

    def _send_away_unserved(self, socket: str) -> None:
        subscriber = self._sockets.get(socket)
        if subscriber is not None and not subscriber.is_sent_away:
            metrics.DISCONNECTS.labels("unserved").inc()
            self._send_away(socket)

    def _leave(self, socket: str) -> None:
        if socket in self._sockets:
            self._leaving.add(socket)
            self._pushes.leave(socket, partial(self._send_away, socket))

    def _send_away(self, socket: str) -> None:
        # Unsubscribe before closing. So the owner gets the last ack and the end of the subscription
        # before the client connects again. The owner writes that ack before it queries the inbox
        # for the client, so it pushes nothing twice.
        subscriber = self._sockets.get(socket)
        if subscriber is not None and not subscriber.is_sent_away:
            subscriber.is_sent_away = True
            acked = self._pushes.unsubscribe(socket)
            self._unsubscribe(socket, subscriber, acked, subscriber.close)

    def _subscribe_all(self) -> None:
        ownership = self._map.ownership
        by_owner: dict[str, list[SubscriptionSet]] = defaultdict(list)
        for partition, owner in enumerate(ownership.owners):
            if owner:
                by_owner[owner].append(self._sets[partition])
        self._links.only(set(by_owner))
        # Include owners that have none of our users. They may still have subscriptions from an
        # earlier generation, and the empty sets make them drop those.
        for owner, sets in by_owner.items():
            self._links.to(owner).subscribe_only(ownership.generation, sets)

    def _is_served(self, partition: int) -> bool:
        link = self._link_of(partition)
        return link is not None and link.is_up

    def _subscribe(self, socket: str) -> None:
        subscriber = self._sockets.get(socket)
        if subscriber is None or socket in self._leaving:
            return
        self._sets[subscriber.partition].add(socket, subscriber.user)
        if link := self._link_of(subscriber.partition):
            link.add(self._map.ownership.generation, Subscription(socket, subscriber.user))

    def _unsubscribe(
        self, socket: str, subscriber: _Subscriber, acked: Acked, then: Callable[[], None]
    ) -> None:
        """End the socket's subscription; call `then` when the owner has its acks.

        Writes the acks that may not have reached the owner, and calls `then` after that. If the
        client connected again earlier, the owner could push to it what it already has.
        """
        link = self._link_of(subscriber.partition)
        knows = link.knows if link is not None else is_written_here
        # An ack may be lost if its link has broken since, or if it went to a former owner. Write
        # such acks here. Otherwise, the next owner would push these notifications again.
        lost = [id_ for id_, forwarded in acked.items() if not knows(forwarded)]
        is_subscribed = self._sets[subscriber.partition].discard(socket)
        if link is None or not is_subscribed:
            self._write(subscriber.user, lost, then)
            return
        after_both = _after(2, then)
        self._write(subscriber.user, lost, after_both)
        others = {id_: forwarded for id_, forwarded in acked.items() if id_ not in lost}
        link.remove(socket, partial(self._ended, subscriber.user, others, knows, after_both))

    def _ended(
        self,
        user: str,
        acked: Acked,
        knows: Callable[[ForwardedAcks | None], bool],
        then: Callable[[], None],
    ) -> None:
        """Write the acks that were lost because the link broke before the owner confirmed them."""
        self._write(user, [id_ for id_, forwarded in acked.items() if not knows(forwarded)], then)

    def _write(self, user: str, ids: Sequence[str], then: Callable[[], None]) -> None:
        """Write `delivered_at` for what the user has acknowledged, if anything, and call `then`."""
        if ids:
            metrics.EDGE_WRITES.inc(len(ids))
            self._delivered.add(Delivered(user, list(ids), _UNKNOWN_ATTEMPT, edge=""), then)
        else:
            then()

    def _link_of(self, partition: int) -> Link | None:
        owner = self._map.ownership.owner_of(partition)
        return self._links.to(owner) if owner else None


def _after(count: int, then: Callable[[], None]) -> Callable[[], None]:
    """Return a function that calls `then` when it is called for the `count`th time."""
    calls = iter(range(1, count))

    def called() -> None:
        if next(calls, None) is None:
            then()

    return called
