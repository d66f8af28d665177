"""Subscribes each of this instance's sockets at the owner of its user's partition."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from delivery import metrics
from delivery.core.subscription_set import Subscription
from delivery.delivered.writer import DeliveredWriter
from delivery.receipts.owed_receipts import Delivered
from delivery.sockets.edge_map import EdgeMap
from delivery.sockets.edge_pushes import EdgePushes
from producer_api.contract.partitioning import partition_of

#: A socket that no owner has served for this long is disconnected, so that its client tries
#: another instance.
_PATIENCE_SECONDS = 6.0
_LOOK_SECONDS = 1.0
#: The pause between sending away one client and the next, so that they do not all return at once.
_DRAIN_PAUSE_SECONDS = 0.02
#: The attempt in the receipts of acks that are written here. Only the owner knows the real number,
#: and it cannot be reached then.
_SOME_ATTEMPT = 1


class Link(Protocol):
    """The way to one owner: within this process, or over the network."""

    @property
    def is_up(self) -> bool:
        """Whether the owner serves what is subscribed there."""

    def subscribe_only(self, generation: int, subscriptions: Sequence[Subscription]) -> None:
        """Subscribe these sockets and no others, now and each time the link comes up."""

    def add(self, generation: int, subscription: Subscription) -> None:
        """Subscribe one more socket."""

    def remove(self, socket: str, then: Callable[[], None]) -> None:
        """End a subscription; call `then` when the owner has done so, or cannot be reached."""


class Links(Protocol):
    """The links to all owners."""

    def to(self, address: str) -> Link:
        """Return the link to this owner, and make one if there is none."""

    def only(self, addresses: set[str]) -> None:
        """Close the links to all other owners."""


@dataclass(slots=True, eq=False)
class _Subscriber:
    user: str
    close: Callable[[], None]
    partition: int
    unserved_since: float
    is_sent_away: bool = False


class EdgeSubscriptions:
    """Owns the user of each socket of this instance, and where the socket is subscribed.

    To the owner, each socket is a connection of its user.
    """

    def __init__(
        self, edge_map: EdgeMap, links: Links, pushes: EdgePushes, delivered: DeliveredWriter
    ) -> None:
        self._map = edge_map
        self._links = links
        self._pushes = pushes
        self._delivered = delivered
        self._sockets: dict[str, _Subscriber] = {}
        self._leaving: set[str] = set()
        self._left = asyncio.Event()
        edge_map.watch(self._subscribe_all, self._subscribe)

    def joined(self, socket: str, user: str, close: Callable[[], None]) -> None:
        """Subscribe a socket whose client is connected and ready to receive.

        No client is let in before there is a map. `close` ends the socket's WebSocket as if the
        connection had broken, so that the client connects again by itself.
        """
        partition = partition_of(user, len(self._map.ownership.owners))
        self._sockets[socket] = _Subscriber(user, close, partition, time.monotonic())
        self._pushes.open(socket)
        self._subscribe(socket)

    def left(self, socket: str) -> None:
        """End the subscription of a socket whose client is gone."""
        acked = self._pushes.close(socket)
        if subscriber := self._sockets.pop(socket, None):
            self._unsubscribe(socket, subscriber, acked, lambda: None)
        self._leaving.discard(socket)
        self._left.set()

    async def drain(self, seconds: float) -> None:
        """Send every client to another instance, in at most `seconds`.

        Clients are sent away one after the other over half of the time, each once it has
        acknowledged what it was sent: otherwise the next instance would push that again.
        """
        sockets = list(self._sockets)
        pause = min(_DRAIN_PAUSE_SECONDS, seconds / 2 / max(1, len(sockets)))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                for socket in sockets:
                    self._leave(socket)
                    await asyncio.sleep(pause)
                while self._leaving:
                    self._left.clear()
                    await self._left.wait()
        for socket in list(self._sockets):
            self._send_away(socket)

    async def run(self) -> None:
        """Disconnect clients whom no owner has served for too long, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            now = time.monotonic()
            # `_send_away` must not change `_sockets` here: the closed socket calls `left` later.
            for socket, subscriber in self._sockets.items():
                if self._is_served(socket, subscriber):
                    subscriber.unserved_since = now
                elif (
                    now - subscriber.unserved_since > _PATIENCE_SECONDS
                    and not subscriber.is_sent_away
                ):
                    metrics.DISCONNECTS.labels("unserved").inc()
                    self._send_away(socket)

    def _leave(self, socket: str) -> None:
        if socket in self._sockets:
            self._leaving.add(socket)
            self._pushes.leave(socket, partial(self._send_away, socket))

    def _send_away(self, socket: str) -> None:
        # Unsubscribe before closing: then the owner has the last ack, and the end of the
        # subscription, before the client is back. It writes that ack before it looks up what the
        # client is owed, so nothing is pushed twice.
        subscriber = self._sockets.get(socket)
        if subscriber is not None and not subscriber.is_sent_away:
            subscriber.is_sent_away = True
            acked = self._pushes.acked_by(socket)
            self._unsubscribe(socket, subscriber, acked, subscriber.close)

    def _subscribe_all(self) -> None:
        ownership = self._map.ownership
        stated: dict[str, list[Subscription]] = {owner: [] for owner in ownership.owners if owner}
        for socket, subscriber in self._sockets.items():
            owner = ownership.owner_of(subscriber.partition)
            if owner:
                stated[owner].append(Subscription(socket, subscriber.user))
        self._links.only(set(stated))
        # Send an empty list to an owner that has none of our users: it may still have their
        # subscriptions from an earlier generation, and then drops them.
        for owner, subscriptions in stated.items():
            self._links.to(owner).subscribe_only(ownership.generation, subscriptions)

    def _is_served(self, socket: str, subscriber: _Subscriber) -> bool:
        link = self._link_of(subscriber)
        return link is not None and link.is_up and not self._map.is_refused(socket)

    def _subscribe(self, socket: str) -> None:
        subscriber = self._sockets.get(socket)
        link = self._link_of(subscriber) if subscriber is not None else None
        if subscriber is not None and link is not None and socket not in self._leaving:
            link.add(self._map.ownership.generation, Subscription(socket, subscriber.user))

    def _unsubscribe(
        self,
        socket: str,
        subscriber: _Subscriber,
        acked: list[str],
        then: Callable[[], None],
    ) -> None:
        link = self._link_of(subscriber)
        if link is not None and link.is_up:
            link.remove(socket, then)
            return
        if link is not None:
            link.remove(socket, lambda: None)
        # The socket's last acks may have been lost with the link. Write them here, before the
        # client is back. Otherwise its next owner would push again what the client has.
        if acked:
            self._delivered.add(Delivered(subscriber.user, acked, _SOME_ATTEMPT), then)
        else:
            then()

    def _link_of(self, subscriber: _Subscriber) -> Link | None:
        owner = self._map.ownership.owner_of(subscriber.partition)
        return self._links.to(owner) if owner else None
