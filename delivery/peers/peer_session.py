"""One link that a peer has dialled: what is subscribed and outstanding over it."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from delivery import metrics
from delivery.core.decisions import Event
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
    """Owns what was pushed over one link and is not acknowledged; ends with the link."""

    def __init__(self, name: str, owner: Owner, subscribers: Subscribers) -> None:
        self._subscribers = subscribers
        self._subscriptions = Subscriptions(name, owner, subscribers)
        self._stated: list[Subscription] = []
        self._numbers = itertools.count()
        self._acks: dict[str, dict[int, Callable[[], None]]] = defaultdict(dict)
        self.sender = Sender()

    def push(self, socket: str, event: Event, acked: Callable[[], None], *, again: bool) -> None:
        """Push the event to a socket of the peer's."""
        metrics.HOPS.inc()
        number = next(self._numbers)
        self._acks[socket][number] = acked

        def made() -> PushMessage:
            values = [item.value for item in event.items]
            return PushMessage(number, socket, again, event.ids, values)

        self.sender.say(made)

    def disconnect(self, socket: str) -> None:
        """Have the peer end a socket of its."""
        self.sender.say(DisconnectMessage(socket))

    def emit_inbox(self, user: str, payload: bytes) -> None:
        """Have the peer emit an `inbox` event to the user."""
        self.sender.say(InboxEventMessage(user, payload))

    def hear(self, message: Message) -> None:
        """What the peer says."""
        match message:
            case StateMessage(generation, subscriptions, more):
                self._state(generation, subscriptions, more=more)
            case SubscribeMessage(generation, subscriptions):
                self._refuse(self._subscriptions.add(generation, subscriptions))
            case UnsubscribeMessage(sockets):
                self._subscriptions.remove(sockets)
                self._forget(sockets)
                self.sender.say(EndedMessage(sockets))
            case AckedMessage(socket, number):
                self._acked(socket, number)
            case BeatMessage(generation, digest):
                self._answer(generation, digest)
            case _:
                pass

    def end(self) -> None:
        """The link is down: nobody is subscribed over it."""
        self._subscriptions.end()

    def _acked(self, socket: str, number: int) -> None:
        acks = self._acks.get(socket, {})
        acked = acks.pop(number, None)
        if acked is None:
            return
        # The edge says no more of those before: a client that answers every other push would have
        # us remember the rest, with all that is in them, for as long as it stays.
        for earlier in [one for one in acks if one < number]:
            del acks[earlier]
        acked()

    def _state(self, generation: int, subscriptions: Sequence[Subscription], *, more: bool) -> None:
        self._stated += subscriptions
        if not more:
            stated, self._stated = self._stated, []
            self._forget(self._acks.keys() - {one.socket for one in stated})
            self._refuse(self._subscriptions.state(generation, stated))

    def _answer(self, generation: int, digest: Digest) -> None:
        # Compared here, where the beat stands in one order with what it is about.
        ownership, ours = self._subscribers.ownership, self._subscriptions.digest
        self.sender.say(BeatMessage(ownership.generation, ours))
        if digest != ours:
            self.sender.say(RestateMessage())
        if generation < ownership.generation:
            self.sender.say(RefusedMessage([], ownership))

    def _forget(self, sockets: Iterable[str]) -> None:
        for socket in sockets:
            self._acks.pop(socket, None)

    def _refuse(self, sockets: list[str]) -> None:
        if sockets:
            self.sender.say(RefusedMessage(sockets, self._subscribers.ownership))
