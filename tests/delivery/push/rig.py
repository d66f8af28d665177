"""The real push parts, with fakes around them that record the calls."""

from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from types import SimpleNamespace as Namespace
from typing import Any, cast

from delivery.core.decision_types import Event, Fault
from delivery.core.ownership import Ownership
from delivery.core.record import Erasure, OwedNotification, Record
from delivery.core.rules import Rules
from delivery.core.tracker import Tracker
from delivery.delivered.writer import DeliveredWriter
from delivery.push.catch_up import CatchUp, PageHandler
from delivery.push.deadlines import Deadlines
from delivery.push.owner import Owner
from delivery.push.partition import Recipient
from delivery.push.parts import PushParts
from delivery.push.routes import Routes
from delivery.push.subscribers import Subscribers
from delivery.receipts.owed_receipts import Delivered
from delivery.receipts.queue import Receipts
from producer_api.contract.ids import IdSource
from producer_api.contract.partitioning import partition_of

HERE, ELSEWHERE = "http://here:1", "http://elsewhere:1"
EPOCH = 1
#: One user of each of two partitions.
USERS = [
    next(user for user in map(str, range(100)) if partition_of(user, 2) == number)
    for number in (0, 1)
]
#: The `inbox` event of an erasure.
ERASED = b'{"erased":true}'
_ids = IdSource()


class Sockets:
    """Stands in for a session. Records what is sent to its sockets. The test sends the acks.

    A push is recorded as `socket: ids`, with a `!` if it is pushed again.
    """

    def __init__(self) -> None:
        self.pushed: list[str] = []
        self.acks: list[Callable[[], None]] = []
        self.disconnected: list[str] = []
        self.inbox_events: list[tuple[str, bytes]] = []

    def push(self, socket: str, event: Event, acked: Callable[[], None], *, again: bool) -> None:
        """Record the push and its ack callback."""
        self.pushed.append(f"{socket}: {' '.join(event.ids)}{'!' if again else ''}")
        self.acks.append(acked)

    def disconnect(self, socket: str, fault: Fault) -> None:
        """Record the disconnect, and the fault if it is not silence."""
        self.disconnected.append(socket if fault is Fault.SILENT else f"{socket}: {fault}")

    def emit_inbox(self, user: str, payload: bytes) -> None:
        """Record the event."""
        self.inbox_events.append((user, payload))


def held(owner: Owner) -> dict[str, Recipient]:
    """Return the recipient of each held notification, by notification id."""
    return {held_id: each for each in owner.recipients() for held_id in each.user.held_ids}


class OwnerRig:
    """An owner in a group with two partitions. The test decides who owns them."""

    def __init__(self, *, hold: bool = False) -> None:
        self.questions: list[tuple[str, PageHandler]] = []
        self.to_write: list[tuple[Delivered, Callable[[], None]]] = []
        self.deadlines: list[Callable[[], None]] = []
        self.receipts = Receipts()
        self.subscribers = Subscribers()
        self.routes = Routes()
        self.push = PushParts.wired(
            Rules(ack_timeout_seconds=0, ack_attempts=3, hold=hold),
            self.subscribers,
            self.routes,
            cast(DeliveredWriter, Namespace(add=lambda *args: self.to_write.append(args))),
            self.receipts,
            cast(CatchUp, Namespace(ask=lambda *args: self.questions.append(args))),
            cast(Deadlines, Namespace(add=lambda _, ask: self.deadlines.append(ask))),
        )
        self.owner = self.push.owner

    def adopt(self, generation: int, ours: Iterable[int]) -> None:
        """Adopt a map of that generation, as the group member does."""
        ours = set(ours)
        owners = tuple(HERE if number in ours else ELSEWHERE for number in (0, 1))
        self.subscribers.adopt(Ownership(generation, owners), ours)

    def assign(self, *numbers: int) -> None:
        """Assign these partitions."""
        for number in numbers:
            self.owner.assign(number, Tracker(0, EPOCH))
        self.connect_all()
        self.owner.serve()

    def connect_all(self) -> None:
        """Connect all users after an assignment or a resumption."""
        while self.owner.connect_some():
            pass

    def queried(self) -> list[str]:
        """Return the users whose inbox was queried since the last call, sorted."""
        users = sorted(user for user, _ in self.questions)
        self.questions.clear()
        return users

    def answer(self, page: Sequence[OwedNotification] = ()) -> None:
        """Let the inbox answer the oldest query."""
        _, answer = self.questions.pop(0)
        answer(page)

    def write(self) -> list[str]:
        """Complete the write of the oldest ack, and return its ids."""
        delivered, then = self.to_write.pop(0)
        then()
        return delivered.ids

    def feed(self, user: str) -> str:
        """Feed one more record of the user, and return its id."""
        number, offset = self._next_place(user)
        record = Record(_ids.next(), b"{}", None, user, False, number, offset, EPOCH)
        self._take_in(number, record)
        return record.id

    def erase(self, user: str) -> None:
        """Feed an erasure of the user."""
        number, offset = self._next_place(user)
        self._take_in(number, Erasure(user, _ids.next(), ERASED, offset, EPOCH))

    def _next_place(self, user: str) -> tuple[int, int]:
        number = partition_of(user, 2)
        return number, self.owner.partitions[number].tracker.next_to_receive

    def _take_in(self, number: int, record: Record | Erasure) -> None:
        partition = self.owner.partitions[number]
        partition.tracker.receive(record.offset, len(record.value), record.user.encode())
        self.push.feed.feed(partition, [record])


def in_full(work: Coroutine[Any, Any, None]) -> None:
    """Carry out work that only pauses to let other tasks run. There are no other tasks here."""
    with suppress(StopIteration):
        while True:
            work.send(None)


def entry() -> OwedNotification:
    """Return one more notification that the inbox owes."""
    return OwedNotification(_ids.next(), b"{}", None)
