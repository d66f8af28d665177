"""One user's world: the log, the inbox, the clients, time, and the owners.

The test decides what comes late, twice or never.
"""

from dataclasses import dataclass

from delivery.core import settled_map
from delivery.core.decision_types import SettleOutcome
from delivery.core.moment import Moment
from delivery.core.record import Erasure, Record, Withdrawal
from delivery.core.tracker import Tracker
from delivery.core.user_state_machine import UserState
from tests.delivery.core.clients import Client, Recipient, Sent
from tests.delivery.core.naive_owner import NaiveOwner, Question
from tests.delivery.core.naive_waits import check_waits
from tests.delivery.core.notes import Note, Notes

WINDOW = 40
PAGE = 50
_ENOUGH_TURNS = 4_000  # each of a few hundred notifications may need several turns


@dataclass(slots=True, eq=False)
class HeldQuestion:
    """A query about held notifications. Its answer: the inbox no longer owes those in `gone`."""

    recipient: Recipient
    gone: list[str]


class World:
    """Owns everything around one user, and a partition with only this user's records."""

    def __init__(self, *, hold: bool, faultless: bool = False) -> None:
        self.notes = Notes()
        self.clients: dict[str, Client] = {}
        self.owner = NaiveOwner(self.notes, self.clients, hold=hold, faultless=faultless)
        self.ghosts: list[Client] = []  # disconnected, but their acks may still arrive
        self.held_questions: list[HeldQuestion] = []
        self.committed: tuple[int, str] = (0, "")
        self._named = 0

    @property
    def now(self) -> Moment:
        """Return the current moment by the owner's clocks."""
        return self.owner.now

    # ── the log ────────────────────────────────────────────────────────────────────────────

    def consume(self, limit: int) -> int:
        """Take in records as intake does. Return how many of them fitted into the window."""
        tracker = self.owner.tracker
        ahead = [offset for offset in self.notes.log if offset >= tracker.next_to_receive]
        ahead = ahead[:limit]
        taken = 0
        while taken < len(ahead) and tracker.in_flight < WINDOW:
            records: list[Record | Erasure | Withdrawal] = []
            while taken < len(ahead) and tracker.in_flight < WINDOW:
                record = self.notes.record(ahead[taken], tracker.epoch)
                taken += 1
                if tracker.receive(record.offset, len(record.value)):
                    records.append(record)
                    if isinstance(record, Record):
                        older = self.notes.inbox[record.id].supersedes
                        self.owner.take_back(older, SettleOutcome.SUPERSEDED)
            self.owner.feed(records)
            if tracker.in_flight >= WINDOW * 0.9:
                self.make_room(int(WINDOW * 0.7))
        return taken

    def make_room(self, in_flight: int = 0) -> None:
        """Make room in the window as if it were nearly full."""
        recipient = self.owner.recipient
        if recipient is None or recipient.user.waiting_since is None:
            return
        if self.owner.tracker.in_flight > in_flight:
            self.owner.carry_out(recipient, recipient.user.make_room())

    # ── clients ────────────────────────────────────────────────────────────────────────────

    def connect(self) -> Client:
        """Add a connection of the user."""
        self._named += 1
        client = Client(f"connection-{self._named}")
        self.clients[client.name] = client
        self._subscribe(client)
        return client

    def _subscribe(self, client: Client) -> None:
        recipient = self.owner.remember()
        self.owner.carry_out(recipient, recipient.user.connect(client.name, self.now))

    def vanish(self, client: Client) -> None:
        """Remove the connection, whichever side ended it."""
        del self.clients[client.name]
        self.ghosts.append(client)
        recipient = self.owner.recipient
        if recipient is not None:
            self.owner.carry_out(recipient, recipient.user.disconnect(client.name))

    def ack(self, client: Client, sent: Sent) -> None:
        """Let the client's ack arrive, for the first time or again."""
        if sent in client.unacked:
            client.unacked.remove(sent)
            client.acked.append(sent)
        for item_id in sent.event.ids:
            self.notes.inbox[item_id].acked = True
        decisions = sent.recipient.user.ack(client.name, sent.event, self.now)
        self.owner.carry_out(sent.recipient, decisions)

    # ── answers ────────────────────────────────────────────────────────────────────────────

    def run_query(self, question: Question) -> None:
        """Let the inbox compute its answer, which stays under way until `answer`."""
        question.page = self.notes.owed(self.now.unix)[:PAGE]

    def answer(self, question: Question) -> None:
        """Let the answer arrive. Do nothing if the query has not run yet."""
        if question.page is None:
            return
        self.owner.questions.remove(question)
        recipient = question.recipient
        self.owner.carry_out(recipient, recipient.user.answer(question.page, self.now))

    def do_write(self) -> None:
        """Complete the oldest write, without reporting it to the owner."""
        write = next((write for write in self.owner.writes if not write.done), None)
        if write is not None:
            write.done = True
            for item_id in write.event.ids:
                note = self.notes.inbox[item_id]
                note.delivered = note.delivered or not note.erased

    def report_written(self) -> None:
        """Complete the oldest write, and report it to the owner."""
        if self.owner.writes:
            if not self.owner.writes[0].done:
                self.do_write()
            write = self.owner.writes.pop(0)
            write.recipient.forget(write.event)
            write.recipient.written.update(write.event.ids)
            self.owner.carry_out(write.recipient, write.recipient.user.written(write.event))

    def ask_after_held(self) -> None:
        """Ask the inbox about the held records. `answer_about_held` lets the answer arrive."""
        if self.owner.recipient is not None and not self.held_questions:
            held_ids = self.owner.recipient.user.held_ids
            gone = [
                held_id
                for held_id in held_ids
                if not self.notes.inbox[held_id].is_owed(self.now.unix)
            ]
            self.held_questions.append(HeldQuestion(self.owner.recipient, gone))

    def answer_about_held(self) -> None:
        """Let the answer about held notifications arrive."""
        if self.held_questions:
            question = self.held_questions.pop(0)
            for held_id in question.gone:
                decisions = question.recipient.user.no_longer_owed((held_id,), self.now)
                self.owner.carry_out(question.recipient, decisions)

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and let the owner handle overdue acks."""
        self.owner.now = Moment(self.now.unix + seconds, self.now.steady + seconds)
        recipient = self.owner.recipient
        while recipient is not None:
            deadline = recipient.user.awaited.deadline
            if deadline is None or deadline > self.now.steady:
                return
            self.owner.carry_out(recipient, recipient.user.overdue(self.now))

    def set_clock_ahead(self, seconds: float) -> None:
        """Set the owner's wall clock ahead."""
        self.owner.now = self.now._replace(unix=self.now.unix + seconds)

    # ── the group ──────────────────────────────────────────────────────────────────────────

    def commit(self) -> None:
        """Commit the offset and the settled map."""
        text = settled_map.encode(self.owner.tracker.settled_beyond())
        assert self.owner.tracker.next_to_commit >= self.committed[0]
        self.committed = self.owner.tracker.next_to_commit, text or ""

    def reassign(self) -> None:
        """Give the partition to another owner, which has only the committed state."""
        offset, text = self.committed
        self.owner.assign(Tracker(offset, self.owner.epoch + 1, settled_map.decode(text)))
        for client in self.listening:
            self._subscribe(client)

    # ── at rest ────────────────────────────────────────────────────────────────────────────

    @property
    def listening(self) -> list[Client]:
        """Return the connections that the owner has not ended."""
        return [client for client in self.clients.values() if not client.ended]

    def come_to_rest(self) -> None:
        """Publish, take in, answer, write and ack everything."""
        self.notes.publish(len(self.notes.unpublished))
        for _ in range(_ENOUGH_TURNS):
            if not self._one_turn():
                return
        raise AssertionError(f"the world is not at rest after {_ENOUGH_TURNS} turns")

    def _one_turn(self) -> bool:
        moved = self.consume(WINDOW) > 0
        for question in list(self.owner.questions):
            self.run_query(question)
            self.answer(question)
            moved = True
        while self.owner.writes:
            self.report_written()
            moved = True
        for client in self.listening:
            for sent in list(client.unacked):
                self.ack(client, sent)
                moved = True
        return moved

    def check_rest(self) -> None:
        """Check that a connected user has everything and that the whole log is settled."""
        assert self.owner.recipient is not None
        assert self.owner.recipient.user.state is UserState.LIVE
        assert self.owner.recipient.user.awaited.deadline is None
        assert self.owner.recipient.user.held_ids == []
        assert self.notes.owed(self.now.unix) == []
        assert self.owner.tracker.in_flight == 0
        assert self.owner.tracker.in_flight_bytes == 0
        assert self.owner.tracker.next_to_commit == self.notes.log_end

    def check_always(self) -> None:
        """Check that the log or an ack accounts for everything that a live user is owed."""
        if self.owner.rules.hold:
            next_to_commit = self.owner.tracker.next_to_commit
            for offset, note in self.notes.logged:
                # A settled record is acked, or the inbox no longer owes it.
                assert offset >= next_to_commit or note.acked or not note.is_owed(self.now.unix)
        check_waits(self.owner, self.notes, self.listening)
        recipient = self.owner.recipient
        if recipient is not None and recipient.user.state is UserState.CATCHING_UP:
            assert self.owner.has_under_way(recipient), "otherwise the user would never be live"
        if recipient is None or recipient.user.state is not UserState.LIVE:
            return
        assert recipient.user.held_ids == []
        under_way = {
            note.id
            for offset, note in self.notes.logged
            if offset >= self.owner.tracker.next_to_receive
            or (self.owner.epoch, offset) not in self.owner.outcomes
        }
        under_way.update(note.id for note in self.notes.unpublished if isinstance(note, Note))
        for item in self.notes.owed(self.now.unix):
            assert item.id in under_way or self.notes.inbox[item.id].acked
