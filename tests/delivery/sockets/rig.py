"""A real edge, with two owners that record its calls, and sockets that the test controls."""

from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace as Namespace
from typing import cast

from delivery.core.decision_types import Event
from delivery.core.forwarded_acks import ForwardedAcks
from delivery.core.ownership import Ownership
from delivery.core.record import OwedNotification
from delivery.core.subscription_set import Subscription, SubscriptionSet
from delivery.delivered.writer import DeliveredWriter
from delivery.receipts.owed_receipts import Delivered
from delivery.sockets.edge_map import EdgeMap
from delivery.sockets.edge_pushes import EdgePushes
from delivery.sockets.edge_subscriptions import EdgeSubscriptions
from delivery.sockets.outgoing import Outgoing
from producer_api.contract.partitioning import partition_of
from tests.delivery.sockets.recorded_clients import RecordedClients

A, B = "http://a:1", "http://b:1"
#: One user of each of two partitions.
_USERS = [
    next(user for user in map(str, range(100)) if partition_of(user, 2) == number)
    for number in (0, 1)
]
ANA, BEN = _USERS


class FakeLink:
    """The link to one owner. Records the subscriptions."""

    def __init__(self, diary: list[str]) -> None:
        self._diary = diary
        self.is_up = True
        self.subscribed: dict[str, str] = {}
        self.generation = 0
        self.full_updates = 0
        self.added: list[str] = []

    def subscribe_only(self, generation: int, sets: Sequence[SubscriptionSet]) -> None:
        self.generation = generation
        self.subscribed = {socket: user for each in sets for socket, user in each.users.items()}
        self.full_updates += 1

    def add(self, generation: int, subscription: Subscription) -> None:
        self.generation = generation
        self.subscribed[subscription.socket] = subscription.user
        self.added.append(subscription.socket)

    def remove(self, socket: str, then: Callable[[], None]) -> None:
        self.subscribed.pop(socket, None)
        self._diary.append(f"unsubscribed {socket}")
        then()

    def knows(self, _forwarded: ForwardedAcks | None) -> bool:
        return self.is_up


class FakeLinks:
    def __init__(self, diary: list[str]) -> None:
        self._diary = diary
        self.all: dict[str, FakeLink] = {}

    def to(self, address: str) -> FakeLink:
        if address not in self.all:
            self.all[address] = FakeLink(self._diary)
        return self.all[address]

    def only(self, addresses: set[str]) -> None:
        self.all = {address: link for address, link in self.all.items() if address in addresses}


class Recorder:
    """Records pushes and closed sockets. The test sends the acks."""

    def __init__(self, diary: list[str]) -> None:
        self._diary = diary
        self.sent: list[tuple[str, list[str]]] = []
        self.acks: list[Callable[[], None]] = []
        self.closed: list[str] = []

    def push(self, socket: str, ids: list[str], acked: Callable[[], None]) -> None:
        self.sent.append((socket, ids))
        self.acks.append(acked)

    def emit_inbox(self, user: str, payload: bytes) -> None:
        raise AssertionError(f"{user} gets an inbox event: {payload!r}")

    def close(self, socket: str) -> None:
        self.closed.append(socket)
        self._diary.append(f"closed {socket}")


class EdgeRig:
    """An edge with one socket for each of two users, and two owners of one partition each."""

    def __init__(self) -> None:
        self.diary: list[str] = []
        self.links = FakeLinks(self.diary)
        self.outgoing = Recorder(self.diary)
        self.written: list[str] = []
        writer = cast(DeliveredWriter, Namespace(add=self._write))
        self.map = EdgeMap()
        self.pushes = EdgePushes(cast(Outgoing, self.outgoing), RecordedClients(self.outgoing.push))
        self.edge = EdgeSubscriptions(self.map, self.links, self.pushes, writer)
        self.map.adopt(Ownership(1, (A, B)))
        self.join("of ana", ANA)
        self.join("of ben", BEN)

    def _write(self, delivered: Delivered, then: Callable[[], None]) -> None:
        self.written += delivered.ids
        then()

    def join(self, socket: str, user: str) -> None:
        """Connect a client."""
        self.edge.joined(socket, user, partial(self.outgoing.close, socket))

    def push(self, *ids: str, socket: str = "of ana", again: bool = False) -> "Ack":
        """Push as an owner. The result counts the acks that the owner gets."""
        ack = Ack()
        self.pushes.push(socket, event_of(*ids), ack.count, again=again)
        return ack


class Ack:
    def __init__(self) -> None:
        self.times = 0

    def count(self) -> None:
        self.times += 1


def event_of(*ids: str) -> Event:
    items = [OwedNotification(each, b'{"id":"%b"}' % each.encode(), None) for each in ids]
    return Event(1, items)
