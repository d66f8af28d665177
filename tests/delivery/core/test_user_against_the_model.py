"""The user's core in a naive world, where everything may come late, twice or never."""

from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.delivery.core.clients import Client
from tests.delivery.core.effort import effort
from tests.delivery.core.naive_owner import TIMEOUT
from tests.delivery.core.notes import Logged, Note
from tests.delivery.core.world import World

_SIZES = st.sampled_from((10, 10, 10, 1_000, 30_000, 65_536, 65_537, 140_000))
_BURSTS = st.sampled_from((1, 1, 1, 2, 5, 60, 130))
_FEW = st.sampled_from((1, 1, 2, 3, 10, 200))
_KEYS = st.sampled_from((None, None, None, None, "order-1", "order-2"))
_LIFETIMES = st.sampled_from((None, None, None, None, 0.5, 12.0))
_RARELY = st.sampled_from((False, False, False, True))
_MAX_NOTIFICATIONS = 400  # in one world
_Any = TypeVar("_Any", Note, Logged)
_SKEWS = st.sampled_from((0.0, 5.0))
_STEPS = st.sampled_from((0.001, 0.25, 1.0))


class Faultless(RuleBasedStateMachine):
    """With correct clocks and well-behaved clients, nothing arrives twice or out of order.

    Clients are never silent, gone or late. Everything else happens. The log lags, repeats records
    and has gaps. Clients join, and some are slower than others. Queries and writes take time. The
    window fills up.
    """

    faultless = True
    world: World

    @initialize(hold=st.booleans(), earlier=st.integers(0, 3), live=st.booleans())
    def begin(self, hold: bool, earlier: int, live: bool) -> None:
        self.world = World(hold=hold, faultless=self.faultless)
        for _ in range(earlier):
            self.world.notes.create(self.world.now.unix)
        self.world.pass_time(1)
        if live:
            self.world.connect()
            self.world.come_to_rest()

    # ── the order services ─────────────────────────────────────────────────────────────────

    def _create(
        self, count: int, size: int, key: str | None, lifetime: float | None, skew: float
    ) -> None:
        world = self.world
        expires_at = None if lifetime is None else world.now.unix + lifetime
        for _ in range(min(count, _MAX_NOTIFICATIONS - len(world.notes.inbox))):
            world.notes.create(world.now.unix + skew, size=size, expires_at=expires_at, key=key)

    @rule(count=_BURSTS, size=_SIZES, key=_KEYS, lifetime=_LIFETIMES)
    def create(self, count: int, size: int, key: str | None, lifetime: float | None) -> None:
        self._create(count, size, key, lifetime, 0.0)

    @rule(count=_BURSTS, lifetimes=st.lists(_LIFETIMES, min_size=1, max_size=3), key=_KEYS)
    def create_and_feed(self, count: int, lifetimes: list[float | None], key: str | None) -> None:
        for lifetime in lifetimes:
            self._create(count, 100, key, lifetime, 0.0)
        self.world.notes.publish(len(self.world.notes.unpublished))
        self.world.consume(count * len(lifetimes))

    @rule(count=_FEW)
    def publish(self, count: int) -> None:
        self.world.notes.publish(count)

    @precondition(lambda self: self.world.notes.log)
    @rule(data=st.data(), gap=st.sampled_from((0, 0, 7, 10_000)))
    def publish_again(self, data: st.DataObject, gap: int) -> None:
        self.world.notes.append(self._draw(data, list(self.world.notes.log.values())), gap)

    @precondition(lambda self: self.world.notes.inbox)
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        note = self._draw(data, list(self.world.notes.inbox.values()))
        if not note.delivered:
            note.erased = True

    @precondition(lambda self: self.world.notes.inbox)
    @rule(data=st.data(), taken_in=st.booleans())
    def withdraw(self, data: st.DataObject, taken_in: bool) -> None:
        self.world.notes.withdraw(self._draw(data, list(self.world.notes.inbox.values())))
        if taken_in:
            self.world.notes.publish(len(self.world.notes.unpublished))
            self.world.consume(_MAX_NOTIFICATIONS)

    @rule(taken_in=st.booleans())
    def erase_all(self, taken_in: bool) -> None:
        self.world.notes.erase(self.world.now.unix)
        if taken_in:
            self.world.notes.publish(len(self.world.notes.unpublished))
            self.world.consume(_MAX_NOTIFICATIONS)

    def _draw(self, data: st.DataObject, notes: list[_Any]) -> _Any:
        return notes[data.draw(st.integers(-min(len(notes), 20), -1))]

    # ── the owner's surroundings ───────────────────────────────────────────────────────────

    @rule(limit=_FEW)
    def consume(self, limit: int) -> None:
        self.world.consume(limit)

    @rule()
    def make_room(self) -> None:
        self.world.make_room()

    @precondition(lambda self: self.world.owner.questions)
    @rule(data=st.data(), arriving=st.sampled_from((0, 0, 1, 60)), key=_KEYS, erased=_RARELY)
    def query(self, data: st.DataObject, arriving: int, key: str | None, erased: bool) -> None:
        """Run a query, then answer it. Notifications and an erasure may arrive in between."""
        question = data.draw(st.sampled_from(self.world.owner.questions))
        self.world.run_query(question)
        if arriving:
            self.create_and_feed(count=arriving, lifetimes=[None], key=key)
        if erased:
            self.erase_all(taken_in=True)
        self.world.answer(question)

    @precondition(
        lambda self: any(question.page is None for question in self.world.owner.questions)
    )
    @rule()
    def run_queries(self) -> None:
        for question in self.world.owner.questions:
            if question.page is None:
                self.world.run_query(question)

    @precondition(
        lambda self: any(question.page is not None for question in self.world.owner.questions)
    )
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        ran = [question for question in self.world.owner.questions if question.page is not None]
        self.world.answer(data.draw(st.sampled_from(ran)))

    @precondition(lambda self: self.world.owner.writes)
    @rule(reported=st.booleans())
    def write(self, reported: bool) -> None:
        if reported:
            self.world.report_written()
        else:
            self.world.do_write()

    @precondition(lambda self: self.world.owner.rules.hold)
    @rule()
    def ask_after_held(self) -> None:
        self.world.ask_after_held()

    @precondition(lambda self: self.world.held_questions)
    @rule()
    def answer_about_held(self) -> None:
        self.world.answer_about_held()

    @rule()
    def commit(self) -> None:
        self.world.commit()

    @rule(seconds=_STEPS)
    def pass_time(self, seconds: float) -> None:
        recipient = self.world.owner.recipient
        deadline = recipient.user.awaited.deadline if recipient is not None else None
        if deadline is None or self.world.now.steady + seconds < deadline:
            self.world.pass_time(seconds)

    # ── clients ────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: len(self.world.clients) < 4)
    @rule()
    def connect(self) -> None:
        self.world.connect()

    @precondition(lambda self: any(client.unacked for client in self.world.clients.values()))
    @rule(data=st.data())
    def ack(self, data: st.DataObject) -> None:
        clients = [client for client in self.world.clients.values() if client.unacked]
        client = data.draw(st.sampled_from(clients))
        self.world.ack(client, client.unacked[0])

    @rule()
    def hand_over_at_rest(self) -> None:
        """Restart while nothing is in flight. The next owner has only the committed state."""
        self.come_to_rest()
        self.world.commit()
        self.world.pass_time(1 / 256)  # ids of the same millisecond would be above the floor
        self.world.reassign()

    # ── invariants ─────────────────────────────────────────────────────────────────────────

    @rule()
    def come_to_rest(self) -> None:
        if not self.world.listening:
            self.world.connect()
        self.world.come_to_rest()
        if not self.world.listening:  # the owner ended the only connection, which lagged
            self.world.connect()
            self.world.come_to_rest()
        self.world.check_rest()

    @invariant()
    def always(self) -> None:
        if hasattr(self, "world"):
            self.world.check_always()

    def teardown(self) -> None:
        """Check that the world comes to rest after any history."""
        if hasattr(self, "world"):
            self.come_to_rest()


class Faulty(Faultless):
    """Adds clocks that differ, new owners, and clients that are silent, vanish or ack late."""

    faultless = False

    @rule(count=_BURSTS, skew=_SKEWS, publish=st.booleans())
    def create_elsewhere(self, count: int, skew: float, publish: bool) -> None:
        self._create(count, 10, None, None, skew)
        if publish:
            self.world.notes.publish(len(self.world.notes.unpublished))

    @rule(seconds=st.sampled_from((TIMEOUT / 2, TIMEOUT, 2 * TIMEOUT)))
    def fall_silent(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    @rule(seconds=st.sampled_from((1.0, 3600.0)))
    def set_clock_ahead(self, seconds: float) -> None:
        self.world.set_clock_ahead(seconds)

    @precondition(lambda self: self.world.clients)
    @rule(data=st.data())
    def vanish(self, data: st.DataObject) -> None:
        self.world.vanish(data.draw(st.sampled_from(list(self.world.clients.values()))))

    @precondition(lambda self: any(client.unacked for client in self.world.clients.values()))
    @rule(data=st.data())
    def ack_out_of_order(self, data: st.DataObject) -> None:
        clients = [client for client in self.world.clients.values() if client.unacked]
        client = data.draw(st.sampled_from(clients))
        self.world.ack(client, data.draw(st.sampled_from(client.unacked)))

    @precondition(lambda self: any(client.unacked for client in self.world.ghosts))
    @rule(data=st.data())
    def ack_after_leaving(self, data: st.DataObject) -> None:
        clients = [client for client in self.world.ghosts if client.unacked]
        client = data.draw(st.sampled_from(clients))
        self.world.ack(client, data.draw(st.sampled_from(client.unacked)))

    @precondition(lambda self: any(client.acked for client in self._everyone()))
    @rule(data=st.data())
    def ack_again(self, data: st.DataObject) -> None:
        clients = [client for client in self._everyone() if client.acked]
        client = data.draw(st.sampled_from(clients))
        self.world.ack(client, data.draw(st.sampled_from(client.acked)))

    def _everyone(self) -> list[Client]:
        return [*self.world.clients.values(), *self.world.ghosts]

    @rule(orderly=st.booleans())
    def reassign(self, orderly: bool) -> None:
        if orderly:
            self.world.commit()
        self.world.reassign()


TestFaultless = Faultless.TestCase
TestFaultless.settings = effort(125, steps=60)
TestFaulty = Faulty.TestCase
TestFaulty.settings = effort(200, steps=60)
