"""The owner of partitions: feeds their users, and carries out what the users' cores decide."""

import asyncio
import math
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial

from delivery import metrics
from delivery.core.decisions import (
    Decision,
    Disconnect,
    Event,
    Fault,
    LookUp,
    Missed,
    Outcome,
    Push,
    Settle,
    WriteDelivered,
)
from delivery.core.receipt import Receipt, all_expired
from delivery.core.record import Entry, Erasure, Record, has_expired
from delivery.core.rules import Rules
from delivery.core.tracker import Tracker
from delivery.core.user import User
from delivery.delivered.writer import DeliveredWriter
from delivery.push import clock
from delivery.push.catch_up import CatchUp
from delivery.push.deadlines import Deadlines
from delivery.push.partition import Partition, Recipient
from delivery.push.routes import Routes
from delivery.push.subscribers import Subscribers
from delivery.receipts.owed import Delivered
from delivery.receipts.queue import Receipts
from producer_api.contract.events import ReceiptType

_MANY_SETTLED = 1_000


class Owner:
    """Owns the partitions assigned now, and what each of their users is in the midst of.

    Everything here runs on the event loop without an await: each call leaves a whole state. An
    answer that comes after its partition was lost finds its recipient by reference; its facts
    are written, and its settling meets a tracker that nobody commits any more.
    """

    def __init__(
        self,
        rules: Rules,
        subscribers: Subscribers,
        routes: Routes,
        delivered: DeliveredWriter,
        receipts: Receipts,
        catch_up: CatchUp,
        deadlines: Deadlines,
    ) -> None:
        self._rules = rules
        self._subscribers = subscribers
        self._routes = routes
        self._delivered = delivered
        self._receipts = receipts
        self._catch_up = catch_up
        self._deadlines = deadlines
        self.partitions: dict[int, Partition] = {}
        self._out_since: float | None = -math.inf
        self.changed = asyncio.Event()
        """Set whenever something was acknowledged or settled; whoever waits for that clears it."""
        self.many_settled = asyncio.Event()
        """Set when there is enough for a commit ahead of time; `begin_commit` clears it."""
        self._uncommitted = 0

    # ── which partitions ───────────────────────────────────────────────────────────────────

    def assign(self, number: int, tracker: Tracker) -> None:
        """This instance owns the partition from now on: its subscribed users catch up."""
        self.partitions[number] = Partition(number, tracker)
        for user, connection in list(self._subscribers.of_partition(number)):
            self._connect(number, user, connection)

    def suspend(self) -> None:
        """The group is about to change: nothing is pushed until it is known what is still ours."""
        if self._out_since is None:
            self._out_since = time.monotonic()
        for partition in self.partitions.values():
            partition.is_suspended = True

    def resume(self, number: int) -> None:
        """The partition was kept. Who was to be pushed to meanwhile catches up anew."""
        partition = self.partitions[number]
        partition.is_suspended = False
        disturbed, partition.disturbed = partition.disturbed, set()
        for recipient in disturbed:
            for connection in list(self._subscribers.connections_of(number, recipient.name)):
                self._carry_out(recipient, recipient.user.disconnect(connection))
                self._connect(number, recipient.name, connection)

    def serve(self) -> None:
        """The group has given this instance its share, be it empty."""
        self._out_since = None

    @property
    def is_serving(self) -> bool:
        """Whether this instance has its share of the partitions."""
        return self._out_since is None

    @property
    def seconds_out(self) -> float:
        """For how long it has not: 0 while it has, infinite before its first."""
        return 0.0 if self._out_since is None else time.monotonic() - self._out_since

    def revoke(self, number: int) -> None:
        """The partition is another's; what was in flight is the next owner's to push again."""
        self.partitions.pop(number, None)

    # ── who is there ───────────────────────────────────────────────────────────────────────

    def subscribe(self, name: str, connection: str) -> None:
        """A connection wants the user's notifications."""
        self._connect(self._subscribers.add(name, connection), name, connection)

    def unsubscribe(self, name: str, connection: str) -> None:
        """The connection is gone."""
        recipient = self._recipient(self._subscribers.remove(name, connection), name)
        if recipient is not None:
            self._carry_out(recipient, recipient.user.disconnect(connection))

    def _connect(self, number: int, name: str, connection: str) -> None:
        partition = self.partitions.get(number)
        if partition is not None:
            recipient = self._remember(partition, name)
            self._carry_out(recipient, recipient.user.connect(connection, clock.now()))

    def tell(self, number: int, name: str, payload: bytes) -> None:
        """Emit an `inbox` event to wherever the user is connected; nobody acknowledges it."""
        self._routes.tell(self._subscribers.connections_of(number, name), name, payload)

    def awaited(self) -> Callable[[], bool]:
        """Whether an event that is pushed now still awaits its first ack, when asked later."""
        pushed = [
            (recipient.user, event)
            for partition in self.partitions.values()
            for recipient in partition.recipients.values()
            if recipient not in partition.disturbed
            and (event := recipient.user.awaited.event) is not None
        ]
        return lambda: any(user.awaited.event is event for user, event in pushed)

    # ── what the log brings ────────────────────────────────────────────────────────────────

    def feed(self, partition: Partition, records: Iterable[Record | Erasure]) -> None:
        """Hand records, already received by the tracker, to their users in order, and push."""
        now = clock.now()
        touched: dict[str, Recipient] = {}
        for record in records:
            if isinstance(record, Erasure):
                self._erase(partition, record)
                continue
            if record.collapses:
                self._tell(ReceiptType.SUPERSEDED, record.user, (record.id,))
            recipient = partition.recipients.get(record.user)
            if recipient is None and not self._rules.hold:
                self._pass_by(partition, record, now.unix)
                continue
            recipient = recipient or self._remember(partition, record.user)
            self._carry_out(recipient, recipient.user.receive(record, now))
            touched[record.user] = recipient
        for recipient in touched.values():
            self._carry_out(recipient, recipient.user.next_event(now))

    def _pass_by(self, partition: Partition, record: Record, now: float) -> None:
        """Nobody has to be remembered for this one."""
        if has_expired(record, now):
            self._settle_as_told(partition, (record,), Outcome.EXPIRED)
        else:
            self._tell(ReceiptType.PARKED, record.user, (record.id,))
            self.settle(partition, (record,), Outcome.PARKED)

    def _erase(self, partition: Partition, erasure: Erasure) -> None:
        self.tell(partition.number, erasure.user, erasure.value)
        recipient = partition.recipients.get(erasure.user)
        if recipient is not None:
            self._carry_out(recipient, recipient.user.erase(erasure.up_to))
        self.settle(partition, (erasure,), Outcome.IGNORED)

    def supersede(
        self, partition: Partition, name: str, ids: Collection[str], payload: bytes
    ) -> None:
        """A newer one of the user has taken the place of these; the `inbox` event says so."""
        self.tell(partition.number, name, payload)
        self._tell(ReceiptType.SUPERSEDED, name, ids)
        recipient = partition.recipients.get(name)
        if recipient is not None:
            self._carry_out(recipient, recipient.user.superseded(ids, clock.now()))

    def _settle_as_told(
        self, partition: Partition, records: Sequence[Record], outcome: Outcome
    ) -> None:
        if outcome is Outcome.EXPIRED:
            self._receipts.add(all_expired(records))
        self.settle(partition, records, outcome)

    def _tell(self, kind: ReceiptType, user: str, ids: Collection[str], attempt: int = 0) -> None:
        """Have receipts written; of what may be superseded, if the inbox says that it is."""
        if ids:
            self._receipts.add((Receipt(kind, user, ids, time.time(), attempt),))

    def settle(
        self, partition: Partition, records: Sequence[Record | Erasure], outcome: Outcome
    ) -> None:
        """Settle records in the partition's tracker."""
        for record in records:
            size = len(record.value)
            self.settle_offset(partition, record.offset, size, record.epoch, outcome)

    def settle_offset(
        self, partition: Partition, offset: int, size: int, epoch: int, outcome: Outcome
    ) -> None:
        """Settle one record, of whatever kind, in the partition's tracker."""
        if partition.tracker.settle(offset, size, epoch):
            metrics.SETTLED.labels(outcome).inc()
            self.changed.set()
            self._uncommitted += 1
            if self._uncommitted >= _MANY_SETTLED:
                self.many_settled.set()

    def begin_commit(self) -> None:
        """What has been settled so far is about to be committed."""
        self._uncommitted = 0
        self.many_settled.clear()

    def make_room(self, partition: Partition, is_roomy: Callable[[], bool]) -> None:
        """Park what waits longest for an ack until the partition's window is roomy."""
        waiting = sorted(
            (since, recipient.name, recipient)
            for recipient in partition.recipients.values()
            if (since := recipient.user.waiting_since) is not None
        )
        for _, _, recipient in waiting:
            if is_roomy():
                return
            self._carry_out(recipient, recipient.user.make_room())

    # ── what is held ───────────────────────────────────────────────────────────────────────

    def held(self) -> dict[str, Recipient]:
        """Under `hold`: the ids that wait unsettled, and whose they are."""
        return {
            name: recipient
            for partition in self.partitions.values()
            for recipient in partition.recipients.values()
            for name in recipient.user.held_ids
        }

    def no_longer_owed(self, recipient: Recipient, name: str) -> None:
        """The inbox says that it does not owe this held notification any more."""
        self._tell(ReceiptType.SUPERSEDED, recipient.name, (name,))
        self._carry_out(recipient, recipient.user.no_longer_owed((name,), clock.now()))

    # ── what comes back ────────────────────────────────────────────────────────────────────

    def _acked(self, recipient: Recipient, connection: str, event: Event) -> None:
        self._carry_out(recipient, recipient.user.ack(connection, event, clock.now()))

    def _written(self, recipient: Recipient, event: Event) -> None:
        self._carry_out(recipient, recipient.user.written(event))

    def _answered(self, recipient: Recipient, page: Sequence[Entry]) -> None:
        self._carry_out(recipient, recipient.user.answer(page, clock.now()))

    def _overdue(self, recipient: Recipient) -> None:
        recipient.watched = False
        if recipient.partition.is_suspended:
            recipient.partition.disturbed.add(recipient)
            return
        self._carry_out(recipient, recipient.user.overdue(clock.now()))
        self._watch(recipient)

    # ── carrying out ───────────────────────────────────────────────────────────────────────

    def _carry_out(self, recipient: Recipient, decisions: Sequence[Decision]) -> None:
        for decision in self._that_stand(recipient, decisions):
            match decision:
                case Push():
                    self._push(recipient, decision)
                case WriteDelivered(event):
                    metrics.ACK_SECONDS.observe(time.monotonic() - event.since)
                    delivered = Delivered(recipient.name, event.ids, event.attempts)
                    self._delivered.add(delivered, partial(self._written, recipient, event))
                case Settle(records, outcome):
                    self._settle_as_told(recipient.partition, records, outcome)
                case Missed(ids, attempts):
                    self._tell(ReceiptType.PARKED, recipient.name, ids, attempts)
                case LookUp():
                    self._catch_up.ask(recipient.name, partial(self._answered, recipient))
                case Disconnect():
                    self._disconnect(decision)
        self.changed.set()
        self._forget_idle(recipient)

    def _that_stand(
        self, recipient: Recipient, decisions: Sequence[Decision]
    ) -> Sequence[Decision]:
        """Of a partition lost since, the next owner pushes, asks and settles; an ack is a fact."""
        if self.partitions.get(recipient.partition.number) is recipient.partition:
            return decisions
        return [decision for decision in decisions if isinstance(decision, WriteDelivered)]

    def _push(self, recipient: Recipient, push: Push) -> None:
        if recipient.partition.is_suspended:
            recipient.partition.disturbed.add(recipient)
            return
        if push.again:
            metrics.ACK_TIMEOUTS.inc(len(push.connections))
        for connection in push.connections:
            acked = partial(self._acked, recipient, connection, push.event)
            self._routes.push(connection, push.event, acked, again=push.again)
        self._watch(recipient)

    def _disconnect(self, decision: Disconnect) -> None:
        metrics.DISCONNECTS.labels(decision.fault).inc()
        if decision.fault is Fault.SILENT:
            metrics.ACK_TIMEOUTS.inc()
        self._routes.disconnect(decision.connection)

    def _watch(self, recipient: Recipient) -> None:
        deadline = recipient.user.awaited.deadline
        if deadline is not None and not recipient.watched:
            recipient.watched = True
            self._deadlines.add(deadline, partial(self._overdue, recipient))

    def _recipient(self, number: int, name: str) -> Recipient | None:
        partition = self.partitions.get(number)
        return partition.recipients.get(name) if partition is not None else None

    def _remember(self, partition: Partition, name: str) -> Recipient:
        recipient = partition.recipients.get(name)
        if recipient is None:
            recipient = Recipient(name, partition, User(self._rules))
            partition.recipients[name] = recipient
        return recipient

    def _forget_idle(self, recipient: Recipient) -> None:
        recipients = recipient.partition.recipients
        if recipient.user.is_idle and recipients.get(recipient.name) is recipient:
            del recipients[recipient.name]
