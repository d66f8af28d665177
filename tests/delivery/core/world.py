"""One user's world around the core: log, inbox, clients, and the owner's side of each decision.

It carries out what `delivery.push.owner` carries out, as slowly as it is told to: queries and
writes stay under way until they are let go on. What must never happen is checked as it happens.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from delivery.core import settled_map
from delivery.core.decisions import (
    Decision,
    Disconnect,
    Event,
    Fault,
    LookUp,
    Outcome,
    Push,
    Settle,
    WriteDelivered,
)
from delivery.core.record import Entry, Record, has_expired
from delivery.core.tracker import Tracker
from delivery.core.user import EVENT_BYTES, EVENT_ITEMS, Rules, State, User
from tests.delivery.core.notes import Notes

WINDOW = 40
PAGE = 50
TIMEOUT = 10.0
ATTEMPTS = 2
BEGIN = 1_700_000_000.0
_ENOUGH_TURNS = 4_000  # of the few hundred notifications here, each may need turns of its own


@dataclass(slots=True, eq=False)
class Recipient:
    """The user at one owner; an earlier one's answers may still be under way."""

    user: User
    epoch: int
    awaits_ack: Event | None = None
    in_flight: list[Event] = field(default_factory=list)
    """Pushed, and not abandoned before their ack, and not written yet."""

    def note_push(self, event: Event) -> None:
        """It is in flight now, maybe as what is left of the one with its number."""
        self.awaits_ack = event
        self.forget(event)
        self.in_flight.append(event)

    def forget(self, event: Event) -> None:
        """The event, or what was left of it, is in flight no more."""
        self.in_flight = [each for each in self.in_flight if each.number != event.number]


@dataclass(slots=True, eq=False)
class Sent:
    """An event on its way to a client, or there and not acknowledged."""

    recipient: Recipient
    event: Event
    at: list[float]
    """When, each time; of what is left of an event, also when it was sent whole."""

    def is_of(self, recipient: Recipient, event: Event) -> bool:
        """Whether it is that event, or what it was before some of it expired."""
        return self.recipient is recipient and self.event.number == event.number


@dataclass(slots=True, eq=False)
class Client:
    """A connection as the client sees it."""

    name: str
    unacked: list[Sent] = field(default_factory=list)
    acked: list[Sent] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    ended: bool = False
    """We have ended it; what it had sent by then still arrives."""

    def outstanding(self, recipient: Recipient) -> list[Sent]:
        """Of each event the last, oldest first; an ack covers what went before it."""
        last = max(
            (sent.event.number for sent in self.acked if sent.recipient is recipient), default=0
        )
        of_number = {
            sent.event.number: sent
            for sent in self.unacked
            if sent.recipient is recipient and sent.event.number > last
        }
        return [of_number[number] for number in sorted(of_number)]


@dataclass(slots=True, eq=False)
class Question:
    """A query: asked, then run, then answered."""

    recipient: Recipient
    page: list[Entry] | None = None


@dataclass(slots=True, eq=False)
class Write:
    """Of `delivered_at`: asked for, then done, then told."""

    recipient: Recipient
    event: Event
    done: bool = False


@dataclass(slots=True, eq=False)
class HeldQuestion:
    """Of what is held, what the inbox owes no more."""

    recipient: Recipient
    gone: list[str]


class World:
    """Owns everything around one user, and one partition that has this user's records alone."""

    def __init__(self, *, hold: bool, faultless: bool = False) -> None:
        self.rules = Rules(TIMEOUT, ATTEMPTS, hold)
        self.faultless = faultless
        self.now = BEGIN
        self.notes = Notes()
        self.clients: dict[str, Client] = {}
        self.ghosts: list[Client] = []  # gone, but what they sent may arrive yet
        self.questions: list[Question] = []
        self.held_questions: list[HeldQuestion] = []
        self.writes: list[Write] = []
        self.committed: tuple[int, str] = (0, "")
        self.outcomes: dict[tuple[int, int], Outcome] = {}
        self.epoch = 1
        self.tracker = Tracker(0, 1)
        self.recipient: Recipient | None = None
        self._named = 0

    # ── the log ────────────────────────────────────────────────────────────────────────────

    def consume(self, limit: int) -> int:
        """Take in the next of the log, as intake does; how many there was room for."""
        ahead = [offset for offset in self.notes.log if offset >= self.tracker.next_to_receive]
        ahead = ahead[:limit]
        taken = 0
        while taken < len(ahead) and self.tracker.in_flight < WINDOW:
            records: list[Record] = []
            while taken < len(ahead) and self.tracker.in_flight < WINDOW:
                record = self.notes.record(ahead[taken], self.epoch)
                taken += 1
                if self.tracker.receive(record.offset, len(record.value)):
                    records.append(record)
            self._feed(records)
            if self.tracker.in_flight >= WINDOW * 0.9:
                self.make_room(int(WINDOW * 0.7))
        return taken

    def _feed(self, records: Sequence[Record]) -> None:
        for record in records:
            if self.recipient is None and not self.rules.hold:
                expired = has_expired(record, self.now)
                self._settle((record,), Outcome.EXPIRED if expired else Outcome.PARKED)
                continue
            recipient = self.recipient or self._remember()
            self.carry_out(recipient, recipient.user.receive(record, self.now))
        if self.recipient is not None:
            self.carry_out(self.recipient, self.recipient.user.next_event(self.now))

    def make_room(self, in_flight: int = 0) -> None:
        """The window is nearly full, or as if."""
        recipient = self.recipient
        if recipient is None or recipient.user.waiting_since is None:
            return
        if self.tracker.in_flight > in_flight:
            self.carry_out(recipient, recipient.user.make_room())

    # ── clients ────────────────────────────────────────────────────────────────────────────

    def connect(self) -> Client:
        """One more connection of the user."""
        self._named += 1
        client = Client(f"connection-{self._named}")
        self.clients[client.name] = client
        self._subscribe(client)
        return client

    def _subscribe(self, client: Client) -> None:
        recipient = self.recipient or self._remember()
        self.carry_out(recipient, recipient.user.connect(client.name, self.now))

    def vanish(self, client: Client) -> None:
        """The connection is gone, by whomever it was ended."""
        del self.clients[client.name]
        self.ghosts.append(client)
        if self.recipient is not None:
            self.carry_out(self.recipient, self.recipient.user.disconnect(client.name))

    def ack(self, client: Client, sent: Sent) -> None:
        """Its acknowledgement arrives, be it for the first time or not."""
        if sent in client.unacked:
            client.unacked.remove(sent)
            client.acked.append(sent)
        for name in sent.event.ids:
            self.notes.inbox[name].acked = True
        decisions = sent.recipient.user.ack(client.name, sent.event, self.now)
        self.carry_out(sent.recipient, decisions)

    # ── what comes back ────────────────────────────────────────────────────────────────────

    def run_query(self, question: Question) -> None:
        """The inbox makes its answer, which then is under way."""
        question.page = self.notes.owed(self.now)[:PAGE]

    def answer(self, question: Question) -> None:
        """The answer arrives; unless there is one, the query has failed, and is repeated."""
        if question.page is None:
            return
        self.questions.remove(question)
        recipient = question.recipient
        self.carry_out(recipient, recipient.user.answer(question.page, self.now))

    def do_write(self) -> None:
        """The oldest write is done, and nobody has been told."""
        write = next((write for write in self.writes if not write.done), None)
        if write is not None:
            write.done = True
            for name in write.event.ids:
                note = self.notes.inbox[name]
                note.delivered = note.delivered or not note.erased

    def tell_written(self) -> None:
        """The oldest write is done, and its user is told."""
        if self.writes:
            if not self.writes[0].done:
                self.do_write()
            write = self.writes.pop(0)
            write.recipient.forget(write.event)
            self.carry_out(write.recipient, write.recipient.user.written(write.event))

    def ask_after_held(self) -> None:
        """The inbox is asked about what is held; its answer is under way."""
        if self.recipient is not None and not self.held_questions:
            names = self.recipient.user.held_ids
            gone = [name for name in names if not self.notes.inbox[name].is_owed(self.now)]
            self.held_questions.append(HeldQuestion(self.recipient, gone))

    def answer_about_held(self) -> None:
        """That answer arrives."""
        if self.held_questions:
            question = self.held_questions.pop(0)
            for name in question.gone:
                decisions = question.recipient.user.no_longer_owed((name,), self.now)
                self.carry_out(question.recipient, decisions)

    def pass_time(self, seconds: float) -> None:
        """Time passes, and the clock asks what is overdue by then."""
        self.now += seconds
        recipient = self.recipient
        while recipient is not None:
            deadline = recipient.user.deadline
            if deadline is None or deadline > self.now:
                return
            self.carry_out(recipient, recipient.user.overdue(self.now))

    # ── the group ──────────────────────────────────────────────────────────────────────────

    def commit(self) -> None:
        """Offset and map."""
        text = settled_map.encode(self.tracker.settled_beyond())
        assert self.tracker.next_to_commit >= self.committed[0]
        self.committed = self.tracker.next_to_commit, text or ""

    def assign_anew(self) -> None:
        """The partition goes to another owner, who knows what was committed and nothing else."""
        offset, text = self.committed
        self.epoch += 1
        self.tracker = Tracker(offset, self.epoch, settled_map.decode(text))
        self.recipient = None
        for client in list(self.clients.values()):
            if not client.ended:
                self._subscribe(client)

    def _remember(self) -> Recipient:
        self.recipient = Recipient(User(self.rules), self.epoch)
        return self.recipient

    # ── the owner's side of each decision ──────────────────────────────────────────────────

    def carry_out(self, recipient: Recipient, decisions: Sequence[Decision]) -> None:
        """As the owner does."""
        for decision in decisions:
            # Of a partition lost since, an ack is a fact, and nothing else counts.
            if recipient.epoch == self.epoch or isinstance(decision, WriteDelivered):
                self._carry_out(recipient, decision)
        if recipient.user.state is State.OFFLINE:
            recipient.awaits_ack = None
            recipient.in_flight = [event for event in recipient.in_flight if event.acked]
        if recipient.user.is_idle and self.recipient is recipient:
            self.recipient = None

    def _carry_out(self, recipient: Recipient, decision: Decision) -> None:
        match decision:
            case Push():
                self._push(recipient, decision)
            case WriteDelivered(event):
                assert all(self.notes.inbox[name].acked for name in event.ids)
                self.writes.append(Write(recipient, event))
            case Settle(records, outcome):
                self._settle(records, outcome)
            case LookUp():
                self._look_up(recipient)
            case Disconnect(connection, fault):
                self._disconnect(recipient, self.clients[connection], fault)

    def _push(self, recipient: Recipient, push: Push) -> None:
        event, awaited = push.event, recipient.awaits_ack
        assert event.items
        assert not event.acked
        assert push.connections
        assert not any(has_expired(item, self.now) for item in event.items)
        if awaited is not None and event.number == awaited.number:
            assert list(event.items) == self._unexpired(awaited)
        else:
            assert awaited is None or awaited.acked or not self._unexpired(awaited)
            self._check_event(event)
        recipient.note_push(event)
        for connection in push.connections:
            self._send(recipient, event, self.clients[connection])

    def _check_event(self, event: Event) -> None:
        assert event.ids == sorted(set(event.ids))
        assert len(event.items) <= EVENT_ITEMS
        size = sum(len(item.value) for item in event.items)
        assert size <= EVENT_BYTES or len(event.items) == 1

    def _unexpired(self, event: Event) -> list[Record | Entry]:
        return [item for item in event.items if not has_expired(item, self.now)]

    def _send(self, recipient: Recipient, event: Event, client: Client) -> None:
        assert not client.ended
        known = next((sent for sent in client.unacked if sent.is_of(recipient, event)), None)
        if known is not None:
            assert self.now - known.at[-1] >= TIMEOUT
            known.at.append(self.now)
            if not any(sent.event is event for sent in client.unacked):
                client.unacked.append(Sent(recipient, event, known.at))
        else:
            client.unacked.append(Sent(recipient, event, [self.now]))
            if self.faultless:
                assert not client.seen or client.seen[-1] < event.ids[0]
            client.seen += event.ids
        assert len(client.outstanding(recipient)) <= 2

    def _settle(self, records: Sequence[Record], outcome: Outcome) -> None:
        assert records
        for record in records:
            assert record.epoch == self.epoch
            assert self.tracker.settle(record.offset, len(record.value), record.epoch)
            self._check_outcome(record, outcome)
            self.outcomes[record.epoch, record.offset] = outcome

    def _check_outcome(self, record: Record, outcome: Outcome) -> None:
        note = self.notes.inbox[record.id]
        match outcome:
            case Outcome.ACKED:
                assert note.acked
                assert note.delivered or note.erased
            case Outcome.PARKED:
                assert not self.rules.hold
            case Outcome.EXPIRED:
                assert has_expired(record, self.now)
            case Outcome.NOT_OWED:
                assert self.rules.hold
                assert not note.is_owed(self.now)
            case _:
                raise AssertionError(outcome)

    def _look_up(self, recipient: Recipient) -> None:
        assert not any(question.recipient is recipient for question in self.questions)
        # What has expired may be in flight or given up: the inbox does not give it.
        assert not any(self._unexpired(event) for event in recipient.in_flight)
        self.questions.append(Question(recipient))

    def _disconnect(self, recipient: Recipient, client: Client, fault: Fault) -> None:
        assert not client.ended
        client.ended = True
        outstanding = client.outstanding(recipient)
        if fault is Fault.BEHIND:
            assert len(outstanding) == 2
        else:
            last = outstanding[-1]
            assert not last.event.acked
            assert len(last.at) == ATTEMPTS
            assert self.now - last.at[-1] >= TIMEOUT

    # ── at rest ────────────────────────────────────────────────────────────────────────────

    @property
    def listening(self) -> list[Client]:
        """The connections that we have not ended."""
        return [client for client in self.clients.values() if not client.ended]

    def come_to_rest(self) -> None:
        """Everything is published and taken in, answered, written and acknowledged."""
        self.notes.publish(len(self.notes.unpublished))
        for _ in range(_ENOUGH_TURNS):
            if not self._one_turn():
                return
        raise AssertionError("it never comes to rest")

    def _one_turn(self) -> bool:
        moved = self.consume(WINDOW) > 0
        for question in list(self.questions):
            self.run_query(question)
            self.answer(question)
            moved = True
        while self.writes:
            self.tell_written()
            moved = True
        for client in self.listening:
            for sent in list(client.unacked):
                self.ack(client, sent)
                moved = True
        return moved

    def check_rest(self) -> None:
        """A connected user has everything, and the log is settled to its end."""
        assert self.recipient is not None
        assert self.recipient.user.state is State.LIVE
        assert self.recipient.user.deadline is None
        assert self.recipient.user.held_ids == []
        assert self.notes.owed(self.now) == []
        assert self.tracker.in_flight == 0
        assert self.tracker.in_flight_bytes == 0
        assert self.tracker.next_to_commit == self.notes.log_end

    def check_always(self) -> None:
        """What a live user is not pushed from the log must not be owed."""
        for offset, note in self.notes.log.items():
            if offset < self.tracker.next_to_commit:
                # Settled is what was acked, or what the inbox has, whatever becomes of it there.
                assert not self.rules.hold or note.acked or not note.is_owed(self.now)
        recipient = self.recipient
        if recipient is None or recipient.user.state is not State.LIVE:
            return
        assert recipient.user.held_ids == []
        under_way = {
            note.id
            for offset, note in self.notes.log.items()
            if offset >= self.tracker.next_to_receive or (self.epoch, offset) not in self.outcomes
        }
        under_way.update(note.id for note in self.notes.unpublished)
        for each in self.notes.owed(self.now):
            assert each.id in under_way or self.notes.inbox[each.id].acked
