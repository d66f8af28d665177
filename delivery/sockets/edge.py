"""The edge: subscribes each of our sockets at the owner of its user's partition, and serves it."""

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from delivery import metrics
from delivery.core.decisions import Event
from delivery.core.ownership import Ownership
from delivery.core.socket import Socket
from delivery.core.subscription_set import Subscription
from delivery.delivered.writer import DeliveredWriter
from delivery.receipts.owed import Delivered
from delivery.sockets.outgoing import Outgoing
from producer_api.contract.partitioning import partition_of

_log = logging.getLogger(__name__)

#: A socket that no owner has served for so long is better off elsewhere.
_PATIENCE_SECONDS = 6.0
_LOOK_SECONDS = 1.0
#: Between a refusal and the next try, so that two maps in dispute do not fill the links.
_PAUSE_SECONDS = 0.2
_DRAIN_PAUSE_SECONDS = 0.02
#: Which push it was is the owner's to know, and the owner is not there.
_SOME_ATTEMPT = 1


class Link(Protocol):
    """The way to one owner: within this process, or over the network."""

    @property
    def is_up(self) -> bool:
        """Whether the owner serves what is subscribed there."""

    def state(self, generation: int, subscriptions: Sequence[Subscription]) -> None:
        """Subscribe these and no others; again whenever the link comes up."""

    def add(self, generation: int, subscription: Subscription) -> None:
        """Subscribe this one as well."""

    def remove(self, socket: str, then: Callable[[], None]) -> None:
        """End a subscription; `then` is called when the owner has heard of it, or is away."""


class Links(Protocol):
    """All the ways there are."""

    def to(self, address: str) -> Link:
        """The one to this owner."""

    def only(self, addresses: set[str]) -> None:
        """Close those to anyone else."""


@dataclass(slots=True, eq=False)
class _Open:
    user: str
    close: Callable[[], None]
    partition: int
    unserved_since: float
    is_parting: bool = False
    core: Socket = field(default_factory=Socket)
    acks: dict[int, Callable[[], None]] = field(default_factory=dict)


class Edge:
    """Owns this instance's sockets: whose they are, and what each has yet to acknowledge.

    To the owner each socket is a connection of its user; whether the owner is this instance or
    another makes no difference here. Whoever makes an edge gives it its `links`.
    """

    links: Links

    def __init__(self, outgoing: Outgoing, delivered: DeliveredWriter) -> None:
        self._outgoing = outgoing
        self._delivered = delivered
        self._sockets: dict[str, _Open] = {}
        self._numbers = itertools.count()
        self._refused: set[str] = set()
        self._leaving: set[str] = set()
        self._left = asyncio.Event()
        self.ownership = Ownership(generation=0, owners=())
        """The newest map that we have heard of, whoever told it."""

    # ── our sockets ────────────────────────────────────────────────────────────────────────

    def joined(self, socket: str, user: str, close: Callable[[], None]) -> None:
        """A client is connected, and can be sent to; none is let in before there is a map.

        `close` ends its websocket, so that it connects anew by itself.
        """
        partition = partition_of(user, len(self.ownership.owners))
        self._sockets[socket] = _Open(user, close, partition, time.monotonic())
        self._subscribe(socket)

    def left(self, socket: str) -> None:
        """The client is gone."""
        if one := self._sockets.pop(socket, None):
            self._unsubscribe(socket, one, lambda: None)
        self._leaving.discard(socket)
        self._left.set()

    async def drain(self, seconds: float) -> None:
        """Have every client go elsewhere: one after the other over half of the time, and each
        once it has acknowledged what it was sent, so that it is not sent that there again.
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
        for socket, one in list(self._sockets.items()):
            self._part(socket, one)

    def _leave(self, socket: str) -> None:
        one = self._sockets.get(socket)
        if one is not None:
            self._leaving.add(socket)
            if one.core.is_quiet:
                self._part(socket, one)

    def _part(self, socket: str, one: _Open) -> None:
        # In this order: the owner hears of the last ack, and of the end, before the client is
        # back, and writes that ack before it looks up what the client is owed.
        if not one.is_parting:
            one.is_parting = True
            self._unsubscribe(socket, one, one.close)

    # ── the map ────────────────────────────────────────────────────────────────────────────

    def adopt(self, ownership: Ownership) -> None:
        """These own the partitions now: state every subscription where it belongs.

        A map of another number of partitions is none of this topic.
        """
        if not self._is_of_this_topic(ownership):
            counts = len(ownership.owners), len(self.ownership.owners)
            _log.error("a map of %d partitions, not %d", *counts)
            return
        self.ownership = ownership
        stated: dict[str, list[Subscription]] = {owner: [] for owner in ownership.owners if owner}
        for socket, one in self._sockets.items():
            owner = ownership.owner_of(one.partition)
            if owner:
                stated[owner].append(Subscription(socket, one.user))
        self.links.only(set(stated))
        for owner, subscriptions in stated.items():
            self.links.to(owner).state(ownership.generation, subscriptions)

    def refused(self, sockets: Sequence[str], ownership: Ownership) -> None:
        """An instance does not own these sockets' partitions; this is the map it goes by."""
        is_newer = ownership.generation > self.ownership.generation
        if is_newer and self._is_of_this_topic(ownership):
            self.adopt(ownership)
            return
        self._refused.update(sockets)
        asyncio.get_running_loop().call_later(_PAUSE_SECONDS, self._subscribe_refused)

    def _is_of_this_topic(self, ownership: Ownership) -> bool:
        known = len(self.ownership.owners)
        return not known or len(ownership.owners) == known

    async def run(self) -> None:
        """For ever: have those go elsewhere whom no owner has served for too long."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            now = time.monotonic()
            for socket, one in self._sockets.items():
                if self._is_served(socket, one):
                    one.unserved_since = now
                elif now - one.unserved_since > _PATIENCE_SECONDS and not one.is_parting:
                    metrics.DISCONNECTS.labels("unserved").inc()
                    self._part(socket, one)

    def _is_served(self, socket: str, one: _Open) -> bool:
        link = self._link_of(one)
        return link is not None and link.is_up and socket not in self._refused

    def _subscribe_refused(self) -> None:
        refused, self._refused = self._refused, set()
        for socket in refused:
            self._subscribe(socket)

    def _subscribe(self, socket: str) -> None:
        one = self._sockets.get(socket)
        link = self._link_of(one) if one is not None else None
        if one is not None and link is not None and socket not in self._leaving:
            link.add(self.ownership.generation, Subscription(socket, one.user))

    def _unsubscribe(self, socket: str, one: _Open, then: Callable[[], None]) -> None:
        link = self._link_of(one)
        if link is not None and link.is_up:
            link.remove(socket, then)
            return
        if link is not None:
            link.remove(socket, lambda: None)
        # Its last acks may have died with the link. They are facts all the same: written before
        # the client is back, or it would get there what it has.
        if acked := one.core.acked:
            self._delivered.add(Delivered(one.user, acked, _SOME_ATTEMPT), then)
        else:
            then()

    def _link_of(self, one: _Open) -> Link | None:
        owner = self.ownership.owner_of(one.partition)
        return self.links.to(owner) if owner else None

    # ── what an owner sends ────────────────────────────────────────────────────────────────

    def push(self, socket: str, event: Event, acked: Callable[[], None], *, again: bool) -> None:
        """Push the event; `acked` is called when the client has all of it.

        What is on its way to the client already, by whichever owner's push, is not sent twice
        unless `again`: the push joins that acknowledgement.
        """
        one = self._sockets.get(socket)
        if one is None or (socket in self._leaving and not one.core.has_all(event.ids)):
            return  # the owner will hear that it is gone
        number = next(self._numbers)
        handling = one.core.push(number, event.ids, again=again)
        if handling.acked:
            # Not at once: the owner is in the midst of carrying out what its core decided.
            asyncio.get_running_loop().call_soon(acked)
            return
        one.acks[number] = acked
        if len(handling.send) == len(event.items):
            self._outgoing.push(socket, event, partial(self._acked, socket, handling.send))
        elif handling.send:
            fresh = set(handling.send)
            rest = Event(event.number, [item for item in event.items if item.id in fresh])
            self._outgoing.push(socket, rest, partial(self._acked, socket, handling.send))

    def disconnect(self, socket: str) -> None:
        """End the socket."""
        self._outgoing.disconnect(socket)

    def tell(self, user: str, payload: bytes) -> None:
        """Emit an `inbox` event, ready as JSON, to the user's sockets here."""
        self._outgoing.tell(user, payload)

    async def until_told(self) -> None:
        """For those who tell a lot: wait until most of it is on its way to the sockets."""
        await self._outgoing.until_short()

    def _acked(self, socket: str, ids: Sequence[str]) -> None:
        one = self._sockets.get(socket)
        if one is None:
            return
        done = one.core.ack(ids)
        for number in done:
            one.acks.pop(number)()
        for number in [number for number in one.acks if done and number < done[-1]]:
            del one.acks[number]  # their owners take them for done
        if socket in self._leaving and one.core.is_quiet:
            self._part(socket, one)
