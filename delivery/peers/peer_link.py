"""The link that this instance, as an edge, dials to an owner in another process."""

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from delivery import metrics
from delivery.core.decision_types import Event
from delivery.core.forwarded_acks import NOT_FORWARDED, ForwardedAcks, is_written_here
from delivery.core.record import OwedNotification
from delivery.core.subscription_set import Digest, Subscription, SubscriptionSet, union_digest
from delivery.peers.credentials import Credentials
from delivery.peers.dial import DialledWire, dialled
from delivery.peers.frames import MalformedFrameError
from delivery.peers.handshake import HandshakeError
from delivery.peers.messages import (
    AckedMessage,
    BeatMessage,
    DisconnectMessage,
    EndedMessage,
    InboxEventMessage,
    MemberMessage,
    Message,
    PushMessage,
    RefusedMessage,
    SnapshotMessage,
    SnapshotRequestMessage,
    SubscribeMessage,
    UnsubscribeMessage,
)
from delivery.peers.peer_watch import PeerWatch
from delivery.peers.reader import FrameReader, LinkEndedError
from delivery.peers.sender import Sender, SlowPeerError
from delivery.sockets.edge_map import EdgeMap
from delivery.sockets.edge_pushes import EdgePushes

_log = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
#: A link over which nothing arrives for this long counts as dead.
SILENCE_SECONDS = 3.5
_DIAL_SECONDS = 3.0
#: Once the link has stayed up for this long after an ack, the ack counts as written by the owner.
#: This is true unless MongoDB accepts no writes.
_WRITTEN_AFTER_SECONDS = 20.0
_RETRY_SECONDS, _MAX_RETRY_SECONDS = 0.1, 2.0
#: How many subscriptions one message of a snapshot lists. Few enough that the message's frame stays
#: within the owner's limit, even if all ids have the maximum length and the frame was almost full.
_SUBSCRIPTIONS_PER_PART = 30


class PeerLink:
    """Owns the link to one owner, and the subscriptions to send each time the link comes up."""

    def __init__(
        self,
        address: str,
        credentials: Credentials,
        pushes: EdgePushes,
        edge_map: EdgeMap,
        watch: PeerWatch,
    ) -> None:
        self._address = address
        self._credentials = credentials
        self._pushes = pushes
        self._map = edge_map
        self._watch = watch
        self._generation = 0
        #: The sockets to subscribe. The edge changes these sets, and then calls `add` or `remove`.
        self._sets: Sequence[SubscriptionSet] = ()
        #: The subscriptions in these sets that the owner has refused.
        self._refused = SubscriptionSet()
        #: What to call when the owner confirms the end of a subscription, by socket.
        self._ending: dict[str, Callable[[], None]] = {}
        self._sender: Sender | None = None
        #: Changes with each new map, with each refusal, and when the link ends. The owner may have
        #: forgotten the pushes that arrived before the last change.
        self._epoch = 0
        self._acks = NOT_FORWARDED
        #: The acks that the owner may not have written yet, in groups, with each group's end.
        self._recent_acks: deque[tuple[float, ForwardedAcks]] = deque()

    @property
    def is_up(self) -> bool:
        """Whether the owner is connected and has proved that it is a peer."""
        return self._sender is not None

    def subscribe_only(self, generation: int, sets: Sequence[SubscriptionSet]) -> None:
        """Subscribe only the sockets in these sets, now and each time the link comes up."""
        self._generation = generation
        self._sets = sets
        self._epoch += 1
        self._send_all()

    def add(self, generation: int, subscription: Subscription) -> None:
        """Subscribe one more socket."""
        self._generation = generation
        self._refused.discard(subscription.socket)
        if self._sender is not None:
            self._sender.add(SubscribeMessage(generation, [subscription]))

    def remove(self, socket: str, then: Callable[[], None]) -> None:
        """End a subscription; call `then` when the owner has ended it, or the link is down."""
        if not self._refused.discard(socket) and self._sender is not None:
            # `then` may close the socket, and the client connects again. Call it only after the
            # owner has confirmed the end: the owner then has all acks of the client. Without them,
            # it would push the same notifications again.
            self._ending[socket] = then
            self._sender.add(UnsubscribeMessage([socket]))
        else:
            then()

    def knows(self, forwarded: ForwardedAcks | None) -> bool:
        """Return whether the owner still knows these acks, or has written them."""
        link = self._sender
        is_same_link = forwarded is not None and link is not None and forwarded.session is link
        return is_same_link or is_written_here(forwarded)

    async def run(self) -> None:
        """Keep the link up until cancelled."""
        failures, tls = 0, self._credentials.tls
        while True:
            try:
                async with dialled(self._address, _DIAL_SECONDS, tls) as connection:
                    async with asyncio.timeout(_DIAL_SECONDS):
                        instance = await self._credentials.dial(
                            self._address, connection.send, connection.receive
                        )
                    failures = 0
                    await self._serve(connection, instance)
            except* (OSError, TimeoutError, LinkEndedError, SlowPeerError) as group:
                cause = repr(group.exceptions[0])
                _log.warning("peer link down", extra={"peer": self._address, "cause": cause})
            except* (HandshakeError, MalformedFrameError) as group:
                cause = str(group.exceptions[0])
                _log.error("peer link refused", extra={"peer": self._address, "cause": cause})
            failures += 1
            max_pause = min(_MAX_RETRY_SECONDS, _RETRY_SECONDS * 2 ** min(failures, 16))
            await asyncio.sleep(random.uniform(0, max_pause))  # noqa: S311 - spreads the load

    async def _serve(self, connection: DialledWire, instance: str) -> None:
        reader = FrameReader()
        connection.pass_to(reader)
        sender = self._sender = Sender()
        self._acks = ForwardedAcks(sender)
        metrics.LINKS.inc()
        self._watch.linked(self._address, instance, connection.remote)
        _log.info("peer link up", extra={"peer": self._address})
        try:
            self._send_all()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(sender.run(connection.wire))
                tasks.create_task(self._beat(sender))
                handle_now = partial(self._handle_now, sender)
                handle = partial(self._handle, sender)
                tasks.create_task(reader.run(connection.wire, handle_now, handle))
                tasks.create_task(reader.watch(SILENCE_SECONDS))
        finally:
            # When the link breaks, the owner ends these subscriptions but cannot confirm that. Stop
            # waiting for the confirmations, which would never arrive.
            self._sender = None
            self._epoch += 1
            self._recent_acks.clear()
            self._ended(list(self._ending))
            self._watch.lost(self._address)
            metrics.LINKS.dec()

    async def _beat(self, sender: Sender) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            sender.add(BeatMessage(self._generation, self._digest))
            self._note_written(sender)

    def _note_written(self, sender: Sender) -> None:
        """Mark the acks that the owner has written by now, because the link has stayed up."""
        now = time.monotonic()
        self._recent_acks.append((now, self._acks))
        self._acks = ForwardedAcks(sender)
        while self._recent_acks[0][0] + _WRITTEN_AFTER_SECONDS < now:
            self._recent_acks.popleft()[1].are_written = True

    async def _handle(self, sender: Sender, message: Message) -> None:
        self._handle_now(sender, message)

    def _handle_now(self, sender: Sender, message: Message) -> bool:
        match message:
            case PushMessage(number, socket, again, ids, values):
                items = [
                    OwedNotification(notification_id, value, None)
                    for notification_id, value in zip(ids, values, strict=True)
                ]
                acked = partial(self._acked, sender, self._epoch, socket, number)
                self._pushes.push(socket, Event(number, items), acked, again=again)
            case DisconnectMessage(socket, fault):
                self._pushes.disconnect(socket, fault)
            case InboxEventMessage(user, payload):
                self._pushes.emit_inbox(user, payload)
            case RefusedMessage(sockets, ownership):
                self._note_refused(sockets)
                self._map.refused(sockets, ownership)
            case EndedMessage(sockets):
                self._ended(sockets)
            case MemberMessage(member, gone):
                self._watch.reported(self._address, member, gone)
            case SnapshotRequestMessage():
                _log.warning("subscriptions out of step", extra={"peer": self._address})
                self._send_all()
            case _:
                pass
        return True

    def _acked(self, sender: Sender, epoch: int, socket: str, number: int) -> ForwardedAcks:
        """Forward an ack to the owner, and return the group of acks that this ack belongs to.

        Returns `NOT_FORWARDED` if the owner may have forgotten the push, because the ack may then
        have no effect. Sends the ack in any case: an owner that has lost the partition may still
        wait for it.
        """
        sender.add(AckedMessage(socket, number))
        if epoch == self._epoch or (sender is self._sender and self._is_subscribed(socket)):
            return self._acks
        return NOT_FORWARDED

    def _is_subscribed(self, socket: str) -> bool:
        is_refused = socket in self._refused.users
        return not is_refused and any(socket in each.users for each in self._sets)

    def _ended(self, sockets: Sequence[str]) -> None:
        for socket in sockets:
            if then := self._ending.pop(socket, None):
                then()

    def _send_all(self) -> None:
        if self._sender is None:
            return
        self._refused = SubscriptionSet()
        subscriptions = [item for each in self._sets for item in each.users.items()]
        # Without subscriptions, send one empty part, so that the owner drops those that it has.
        starts = range(0, len(subscriptions) or 1, _SUBSCRIPTIONS_PER_PART)
        for start in starts:
            part = subscriptions[start : start + _SUBSCRIPTIONS_PER_PART]
            more = start != starts[-1]
            # Build each message only when it is sent, because building all of them takes long. If a
            # subscription has changed by then, a message about the change follows this one.
            self._sender.add(partial(_part_of_snapshot, self._generation, part, more=more))

    @property
    def _digest(self) -> Digest:
        """The digest that the owner will have when it has handled all messages sent so far."""
        all_of_them, refused = union_digest(self._sets), self._refused.digest
        return Digest(all_of_them.size - refused.size, all_of_them.fold ^ refused.fold)

    def _note_refused(self, sockets: Sequence[str]) -> None:
        self._epoch += 1
        for socket in sockets:
            for each in self._sets:
                # The socket may have left, or moved to another link, before the refusal arrived.
                if (user := each.users.get(socket)) is not None:
                    self._refused.add(socket, user)


def _part_of_snapshot(
    generation: int, part: Sequence[tuple[str, str]], *, more: bool
) -> SnapshotMessage:
    return SnapshotMessage(generation, [Subscription(*item) for item in part], more)
