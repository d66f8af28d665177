"""Carries out decisions as the owner does, and asserts the invariants.

Does what `delivery.push` does, for one user of one partition. Queries and writes stay under way
until the test completes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from delivery.core.decision_types import (
    Decision,
    Disconnect,
    Event,
    Fault,
    Push,
    QueryInbox,
    ReportParked,
    Settle,
    SettleOutcome,
    WriteDelivered,
)
from delivery.core.event_size import EVENT_BYTES, EVENT_ITEMS
from delivery.core.moment import Moment
from delivery.core.record import Erasure, OwedNotification, Record, Withdrawal, has_expired
from delivery.core.rules import Rules
from delivery.core.tracker import Tracker
from delivery.core.user_state_machine import User, UserState
from tests.delivery.core.clients import Client, Recipient, Sent
from tests.delivery.core.notes import Erased, Notes

TIMEOUT = 10.0
ATTEMPTS = 2
BEGIN = Moment(1_700_000_000.0, 5_000.0)


@dataclass(slots=True, eq=False)
class Question:
    """A query to the inbox: first it is sent, then run, then answered."""

    recipient: Recipient
    page: list[OwedNotification] | None = None


@dataclass(slots=True, eq=False)
class Write:
    """A write of `delivered_at`: first it is requested, then done, then reported to the owner."""

    recipient: Recipient
    event: Event
    done: bool = False


class NaiveOwner:
    """Owns the user's state at the current owner, and all pending queries and writes."""

    def __init__(
        self, notes: Notes, clients: Mapping[str, Client], *, hold: bool, faultless: bool
    ) -> None:
        self.rules = Rules(TIMEOUT, ATTEMPTS, hold)
        self.now = BEGIN
        self.questions: list[Question] = []
        self.writes: list[Write] = []
        self.outcomes: dict[tuple[int, int], SettleOutcome] = {}
        self.tracker = Tracker(0, 1)
        self.recipient: Recipient | None = None
        self.erased_up_to = ""
        self._notes = notes
        self._clients = clients
        self._faultless = faultless

    @property
    def epoch(self) -> int:
        """The epoch of the current assignment."""
        return self.tracker.epoch

    def has_under_way(self, recipient: Recipient) -> bool:
        """Return whether anything is under way: a query, a write, or an ack with a deadline."""
        all_pending: list[Question | Write] = [*self.questions, *self.writes]
        return recipient.user.awaited.deadline is not None or any(
            pending.recipient is recipient for pending in all_pending
        )

    def assign(self, tracker: Tracker) -> None:
        """Move the partition to another owner, which does not remember the user yet."""
        self.tracker = tracker
        self.recipient = None
        self.erased_up_to = ""

    def remember(self) -> Recipient:
        """Return the user, and remember them from now on."""
        self.recipient = self.recipient or Recipient(User(self.rules), self.epoch)
        return self.recipient

    def feed(self, records: Sequence[Record | Erasure | Withdrawal]) -> None:
        """Feed the records of one fetch, which the tracker has received."""
        if len(records) == 1 and self.recipient is not None and isinstance(records[0], Record):
            decisions = self.recipient.user.receive(records[0], self.now, is_only=True)
            self.carry_out(self.recipient, decisions)
            return
        for record in records:
            if isinstance(record, Erasure):
                self._erase(record)
                continue
            if isinstance(record, Withdrawal):
                self.take_back(list(record.ids), SettleOutcome.WITHDRAWN)
                assert self.tracker.settle(record.offset, len(record.value), record.epoch)
                continue
            if self.recipient is None and not self.rules.hold:
                expired = has_expired(record, self.now.unix)
                self.settle((record,), SettleOutcome.EXPIRED if expired else SettleOutcome.PARKED)
                continue
            recipient = self.remember()
            self.carry_out(recipient, recipient.user.receive(record, self.now))
        if self.recipient is not None:
            self.carry_out(self.recipient, self.recipient.user.next_event(self.now))

    def _erase(self, erasure: Erasure) -> None:
        self.erased_up_to = max(self.erased_up_to, erasure.up_to)
        if self.recipient is not None:
            erased = self._notes.log[erasure.offset]
            assert isinstance(erased, Erased)
            self.recipient.note_erasure(erased.ids, erased.up_to)
            self.carry_out(self.recipient, self.recipient.user.erase(erasure.up_to))
        assert self.tracker.settle(erasure.offset, len(erasure.value), erasure.epoch)

    def take_back(self, ids: Sequence[str], outcome: SettleOutcome) -> None:
        """Report to the user's core that a record supersedes or withdraws these notifications."""
        recipient = self.recipient
        if recipient is not None:
            recipient.taken_back.update(ids)
            self.carry_out(recipient, recipient.user.taken_back(ids, self.now, outcome))

    def carry_out(self, recipient: Recipient, decisions: Sequence[Decision]) -> None:
        """Carry out what the user's core has decided, in order."""
        for decision in decisions:
            # The epoch differs if the partition has been lost. Then only acks are still written.
            if recipient.epoch == self.epoch or isinstance(decision, WriteDelivered):
                self._carry_out(recipient, decision)
        if recipient.user.state is UserState.OFFLINE:
            recipient.awaits_ack = None
            recipient.in_flight = [event for event in recipient.in_flight if event.acked]
        if recipient.user.is_idle and self.recipient is recipient:
            self.recipient = None

    def _carry_out(self, recipient: Recipient, decision: Decision) -> None:
        match decision:
            case Push():
                self._push(recipient, decision)
            case WriteDelivered(event):
                assert all(self._notes.inbox[item_id].acked for item_id in event.ids)
                self.writes.append(Write(recipient, event))
            case Settle(records, outcome):
                self.settle(records, outcome)
            case ReportParked(ids):
                assert ids, "no receipts without notifications"
                assert recipient.user.state is UserState.OFFLINE, "parked although the user is here"
            case QueryInbox():
                self._look_up(recipient)
            case Disconnect(connection, fault):
                self._disconnect(recipient, self._clients[connection], fault)

    def _push(self, recipient: Recipient, push: Push) -> None:
        event, awaited = push.event, recipient.awaits_ack
        assert event.items
        assert not event.acked
        assert push.connections
        assert list(event.items) == self._remaining_of(recipient, event)
        assert recipient.erased.isdisjoint(event.ids)
        if awaited is not None and event.number == awaited.number:
            assert list(event.items) == self._remaining_of(recipient, awaited)
        else:
            assert awaited is None or awaited.acked or not self._remaining_of(recipient, awaited)
            self._check_event(event)
        recipient.note_push(event)
        for connection in push.connections:
            self._send(recipient, event, self._clients[connection])

    def _check_event(self, event: Event) -> None:
        assert event.ids == sorted(set(event.ids))
        assert len(event.items) <= EVENT_ITEMS
        size = sum(len(item.value) for item in event.items)
        assert size <= EVENT_BYTES or len(event.items) == 1

    def _remaining_of(self, recipient: Recipient, event: Event) -> list[Record | OwedNotification]:
        """Return the items that have not expired, and are not superseded, withdrawn or erased."""
        return [
            item
            for item in event.items
            if not has_expired(item, self.now.unix)
            and item.id not in recipient.taken_back
            and (event.number, item.id) not in recipient.dropped
        ]

    def _send(self, recipient: Recipient, event: Event, client: Client) -> None:
        assert not client.ended
        earlier_send = next((sent for sent in client.unacked if sent.is_of(recipient, event)), None)
        if earlier_send is not None:
            assert self.now.steady - earlier_send.at[-1] >= TIMEOUT
            earlier_send.at.append(self.now.steady)
            if not any(sent.event is event for sent in client.unacked):
                client.unacked.append(Sent(recipient, event, earlier_send.at))
        else:
            behind = client.outstanding(recipient)
            # A client that is two events behind may just be busy, so it gets more events until the
            # time-out.
            assert len(behind) < 2 or self.now.steady - behind[0].at[-1] < TIMEOUT
            client.unacked.append(Sent(recipient, event, [self.now.steady]))
            if self._faultless:
                assert not client.seen or client.seen[-1] < event.ids[0]
            client.seen += event.ids

    def settle(self, records: Sequence[Record], outcome: SettleOutcome) -> None:
        """Settle records, and check that each is in flight and settled for a valid reason."""
        assert records
        for record in records:
            assert record.epoch == self.epoch
            assert self.tracker.settle(record.offset, len(record.value), record.epoch)
            self._check_outcome(record, outcome)
            self.outcomes[record.epoch, record.offset] = outcome

    def _check_outcome(self, record: Record, outcome: SettleOutcome) -> None:
        note = self._notes.inbox[record.id]
        match outcome:
            case SettleOutcome.ACKED:
                assert note.acked
                assert note.delivered or note.erased
            case SettleOutcome.PARKED:
                assert not self.rules.hold
            case SettleOutcome.EXPIRED:
                assert has_expired(record, self.now.unix)
            case SettleOutcome.ERASED:
                assert not self.rules.hold
                assert record.id <= self.erased_up_to
            case SettleOutcome.SUPERSEDED:
                assert self.rules.hold
                assert note.superseded
            case SettleOutcome.WITHDRAWN:
                assert note.withdrawn
            case SettleOutcome.NOT_OWED:
                assert self.rules.hold
                assert not note.is_owed(self.now.unix)
            case _:
                raise AssertionError(outcome)

    def _look_up(self, recipient: Recipient) -> None:
        assert not any(question.recipient is recipient for question in self.questions)
        # Items that are gone or written may be in flight during a query: the inbox does not return
        # them, so they are not pushed twice.
        items = [i for event in recipient.in_flight for i in self._remaining_of(recipient, event)]
        assert recipient.written.issuperset(item.id for item in items)
        self.questions.append(Question(recipient))

    def _disconnect(self, recipient: Recipient, client: Client, fault: Fault) -> None:
        assert not client.ended
        client.ended = True
        outstanding = client.outstanding(recipient)
        if fault is Fault.BEHIND:
            assert len(outstanding) >= 2
            assert self.now.steady - outstanding[0].at[-1] >= TIMEOUT
        else:
            last = outstanding[-1]
            assert not last.event.acked
            assert len(last.at) == ATTEMPTS
            assert self.now.steady - last.at[-1] >= TIMEOUT
