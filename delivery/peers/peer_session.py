"""The owner's side of one peer link: the subscriptions and the unacknowledged pushes."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from delivery import metrics
from delivery.core.decision_types import Event, Fault
from delivery.core.subscription_set import Digest, Subscription
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
from delivery.peers.sender import Sender
from delivery.push.owner import Owner
from delivery.push.subscribers import Subscribers
from delivery.push.subscriptions import Subscriptions
from runtime.slices import Slices


class PeerSession:
    """Owns the unacknowledged pushes over one link. Exists as long as the link."""

    def __init__(
        self,
        name: str,
        owner: Owner,
        subscribers: Subscribers,
        watch: PeerWatch,
        address: str = "",
    ) -> None:
        self._name = name
        self._address = address
        self._subscribers = subscribers
        self._watch = watch
        self._subscriptions = Subscriptions(name, owner, subscribers)
        #: Set between the first and the last part of a snapshot of all subscriptions.
        self._is_in_snapshot = False
        #: Whether the last snapshot is whole: this instance had a map, and refused no socket in it.
        self._is_whole = True
        #: The generation of the last snapshot if it is not whole, until the edge is asked for a new
        #: one.
        self._refused_snapshot: int | None = None
        self._unwatch = subscribers.watch(self._ask_again)
        self._numbers = itertools.count()
        self._acks: dict[str, dict[int, Callable[[], None]]] = defaultdict(dict)
        self.sender = Sender()
        subscribers.note_edge(name, address)

    def push(self, socket: str, event: Event, acked: Callable[[], None], *, again: bool) -> None:
        """Push the event to a socket of the peer."""
        metrics.HOPS.inc()
        number = next(self._numbers)
        self._acks[socket][number] = acked

        # Build the message only when it is sent, so that no copies of notifications are queued.
        self.sender.add(partial(_push_message, number, socket, again, event))

    def disconnect(self, socket: str, fault: Fault) -> None:
        """Ask the peer to end one of its sockets."""
        self.sender.add(DisconnectMessage(socket, fault))

    def emit_inbox(self, user: str, payload: bytes) -> None:
        """Ask the peer to emit an `inbox` event to the user's sockets there."""
        self.sender.add(InboxEventMessage(user, payload))

    def beat(self) -> None:
        """Show the peer that the link is alive."""
        generation = self._subscribers.ownership.generation
        self.sender.add(BeatMessage(generation, self._subscriptions.digest))

    def introduce(self) -> None:
        """Tell the peer which member of the group this is, and which owners it finds gone.

        The peer must know both at once: if this process is killed, nobody else can report them.
        """
        self.sender.add(MemberMessage(self._watch.member, sorted(self._watch.gone)))

    def handle_now(self, message: Message) -> bool:
        """Handle the message if it is an ack, the most frequent kind, and return whether it is."""
        if type(message) is AckedMessage:
            self._acked(message.socket, message.number)
            return True
        return False

    async def handle(self, message: Message) -> None:
        """Handle a message from the peer; ignore the kinds that only an owner sends.

        Lets other tasks run only after the last part of a snapshot. The next message must wait
        until this call returns, because messages take effect in order.
        """
        match message:
            case SnapshotMessage(generation, subscriptions, more):
                await self._take_snapshot(generation, subscriptions, more=more)
            case SubscribeMessage(generation, subscriptions):
                self._refuse(self._subscriptions.add(generation, subscriptions))
            case UnsubscribeMessage(sockets):
                self._subscriptions.remove(sockets)
                self._forget(sockets)
                self.sender.add(EndedMessage(sockets))
            case AckedMessage(socket, number):
                self._acked(socket, number)
            case BeatMessage(generation, digest):
                self._answer_beat(generation, digest)
            case _:
                pass

    async def end(self) -> None:
        """End all subscriptions of the link, because it is down."""
        self._unwatch()
        self._subscribers.forget_edge(self._name)
        await self._subscriptions.end()

    def _acked(self, socket: str, number: int) -> None:
        acks = self._acks.get(socket)
        acked = acks.pop(number, None) if acks else None
        if acked is None:
            return
        # An ack covers all earlier pushes, so the edge sends no acks for those. Drop their entries:
        # otherwise, a client that acknowledges only every other push would make the table grow.
        if acks:
            for earlier_number in [key for key in acks if key < number]:
                del acks[earlier_number]
        acked()

    async def _take_snapshot(
        self, generation: int, part: Sequence[Subscription], *, more: bool
    ) -> None:
        if not self._is_in_snapshot:
            self._subscriptions.begin()
            # Before the first map, this instance refuses every subscription, including those that
            # the edge adds after the snapshot. So not even an empty snapshot is whole.
            self._is_whole = bool(self._subscribers.ownership.owners)
            self._refused_snapshot = None if self._is_whole else generation
        self._is_in_snapshot = more
        if refused := self._subscriptions.add(generation, part):
            self._is_whole, self._refused_snapshot = False, generation
            self._refuse(refused)
        if not more:
            await self._subscriptions.drop_unlisted(generation)
            # Note only a whole snapshot: otherwise, the users of the refused sockets would count as
            # absent.
            if self._is_whole:
                self._subscribers.note_edge(self._name, self._address, generation)
            slices = Slices()
            for socket in list(self._acks):
                if socket not in self._subscriptions:
                    del self._acks[socket]
                await slices.step()

    def _ask_again(self) -> None:
        """Ask for another snapshot if the last one arrived before the map that it belongs to."""
        refused = self._refused_snapshot
        if refused is not None and refused >= self._subscribers.ownership.generation:
            self._refused_snapshot = None
            self.sender.add(SnapshotRequestMessage())

    def _answer_beat(self, generation: int, digest: Digest) -> None:
        # Messages arrive in order, so this session has handled every subscription in the digest.
        self.beat()
        ownership = self._subscribers.ownership
        if digest != self._subscriptions.digest:
            self.sender.add(SnapshotRequestMessage())
        if generation < ownership.generation:
            # The edge has an older map. Send it this one, and refuse no sockets.
            self.sender.add(RefusedMessage([], ownership))

    def _forget(self, sockets: Iterable[str]) -> None:
        for socket in sockets:
            self._acks.pop(socket, None)

    def _refuse(self, sockets: list[str]) -> None:
        if sockets:
            self.sender.add(RefusedMessage(sockets, self._subscribers.ownership))


def _push_message(number: int, socket: str, again: bool, event: Event) -> PushMessage:
    return PushMessage(number, socket, again, event.ids, [item.value for item in event.items])
