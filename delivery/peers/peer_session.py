"""One link that a peer has dialled: its subscriptions, and its unacknowledged pushes."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from delivery import metrics
from delivery.core.decision_types import Event
from delivery.core.subscription_set import Digest, Subscription
from delivery.peers.messages import (
    AckedMessage,
    BeatMessage,
    DisconnectMessage,
    EndedMessage,
    InboxEventMessage,
    Message,
    PushMessage,
    RefusedMessage,
    RestateMessage,
    StateMessage,
    SubscribeMessage,
    UnsubscribeMessage,
)
from delivery.peers.sender import Sender
from delivery.push.owner import Owner
from delivery.push.subscribers import Subscribers
from delivery.push.subscriptions import Subscriptions


class PeerSession:
    """Owns the unacknowledged pushes over one link. Ends with the link."""

    def __init__(self, name: str, owner: Owner, subscribers: Subscribers) -> None:
        self._subscribers = subscribers
        self._subscriptions = Subscriptions(name, owner, subscribers)
        self._stated: list[Subscription] = []
        self._numbers = itertools.count()
        self._acks: dict[str, dict[int, Callable[[], None]]] = defaultdict(dict)
        self.sender = Sender()

    def push(self, socket: str, event: Event, acked: Callable[[], None], *, again: bool) -> None:
        """Push the event to a socket of the peer."""
        metrics.HOPS.inc()
        number = next(self._numbers)
        self._acks[socket][number] = acked

        # Built only when it is sent, so that a queue of pushes holds no copies of notifications.
        def make() -> PushMessage:
            values = [item.value for item in event.items]
            return PushMessage(number, socket, again, event.ids, values)

        self.sender.add(make)

    def disconnect(self, socket: str) -> None:
        """Tell the peer to end one of its sockets."""
        self.sender.add(DisconnectMessage(socket))

    def emit_inbox(self, user: str, payload: bytes) -> None:
        """Tell the peer to emit an `inbox` event to the user's sockets there."""
        self.sender.add(InboxEventMessage(user, payload))

    def handle(self, message: Message) -> None:
        """Handle a message from the peer; ignore the kinds that only an owner sends."""
        match message:
            case StateMessage(generation, subscriptions, more):
                self._state(generation, subscriptions, more=more)
            case SubscribeMessage(generation, subscriptions):
                self._refuse(self._subscriptions.add(generation, subscriptions))
            case UnsubscribeMessage(sockets):
                self._subscriptions.remove(sockets)
                self._forget(sockets)
                self.sender.add(EndedMessage(sockets))
            case AckedMessage(socket, number):
                self._acked(socket, number)
            case BeatMessage(generation, digest):
                self._answer(generation, digest)
            case _:
                pass

    def end(self) -> None:
        """End all subscriptions of the link, because it is down."""
        self._subscriptions.end()

    def _acked(self, socket: str, number: int) -> None:
        acks = self._acks.get(socket, {})
        acked = acks.pop(number, None)
        if acked is None:
            return
        # An ack covers all earlier pushes, so the edge never reports those. If they were kept, a
        # client that acknowledges every other push would make the table grow while it is connected.
        for earlier in [pushed for pushed in acks if pushed < number]:
            del acks[earlier]
        acked()

    def _state(self, generation: int, subscriptions: Sequence[Subscription], *, more: bool) -> None:
        self._stated += subscriptions
        if not more:
            stated, self._stated = self._stated, []
            self._forget(self._acks.keys() - {subscription.socket for subscription in stated})
            self._refuse(self._subscriptions.subscribe_only(generation, stated))

    def _answer(self, generation: int, digest: Digest) -> None:
        # Messages arrive in order, so every subscription that the digest covers has been handled
        # before this beat.
        ownership, ours = self._subscribers.ownership, self._subscriptions.digest
        self.sender.add(BeatMessage(ownership.generation, ours))
        if digest != ours:
            self.sender.add(RestateMessage())
        if generation < ownership.generation:
            self.sender.add(RefusedMessage([], ownership))

    def _forget(self, sockets: Iterable[str]) -> None:
        for socket in sockets:
            self._acks.pop(socket, None)

    def _refuse(self, sockets: list[str]) -> None:
        if sockets:
            self.sender.add(RefusedMessage(sockets, self._subscribers.ownership))
