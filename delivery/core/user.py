"""One user at the owner of their partition: what is pushed to them when, and from where."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from enum import Enum, auto

from delivery.core.audience import Audience
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
from delivery.core.event_size import first_event_of
from delivery.core.live_queue import LiveQueue
from delivery.core.moment import Moment
from delivery.core.record import Entry, Record, has_expired
from delivery.core.rules import Rules
from delivery.core.unsettled import Unsettled
from producer_api.contract.ids import floor_id

_REMEMBERED_SUPERSEDED = 1_000


class State(Enum):
    """Where a user's pushes come from."""

    OFFLINE = auto()
    CATCHING_UP = auto()
    LIVE = auto()


class User:
    """Owns the state of one user: three states, one source of pushes at a time.

    ::

                 first connection                 nothing left
      OFFLINE ───────────────────► CATCHING_UP ─────────────────► LIVE
         ▲   records: parked       fed from the inbox,            fed from the log,
         │                         page by page; records          records wait in
         │                         that arrive: parked            the queue
         │                              ▲                            │
         └── last connection gone,      └────────────────────────────┘
             or silent to the end         queue full · id not above the floor ·
                                          it collapses · a new connection ·
                                          the window needs room · all was erased

    Invariants: at most one event awaits its first ack; the inbox is asked only while nothing is
    in flight, so that its answer holds nothing that is under way; the queue is empty unless LIVE.
    An id never suppresses a push by comparison: it only makes us ask the inbox. Under `hold`,
    "parked" reads "held": unsettled, known by id, until acked or no longer owed.

    Every method returns what its driver must carry out, in order. What expires goes by the wall
    clock, as its producer does; what waits for an ack by the steady one, which no one sets.
    """

    __slots__ = (
        "_audience",
        "_event",
        "_events",
        "_floor",
        "_is_answer_void",
        "_looking_up",
        "_marked",
        "_queue",
        "_rules",
        "_superseded",
        "_unsettled",
        "state",
    )

    def __init__(self, rules: Rules) -> None:
        self.state = State.OFFLINE
        self._rules = rules
        self._audience = Audience()
        self._queue = LiveQueue()
        self._events = 0  # numbers given to events so far
        self._event: Event | None = None  # the one that awaits its first ack
        self._unsettled = Unsettled(hold=rules.hold)
        self._floor = ""  # ids above it have not been pushed since the user subscribed
        self._marked = False  # something arrived since the inbox was asked
        self._looking_up = False
        #: The inbox may have been asked before it was erased, or before more than is remembered of
        #: it was superseded.
        self._is_answer_void = False
        #: Since the inbox was asked, whose answer may be older; not beyond a bound.
        self._superseded: frozenset[str] = frozenset()

    # ── what the log brings ────────────────────────────────────────────────────────────────

    def receive(self, record: Record, now: Moment) -> list[Decision]:
        """A record of this user has arrived. What is queued goes out with `next_event`."""
        if has_expired(record, now.unix):
            return [Settle((record,), Outcome.EXPIRED)]
        if self.state is not State.LIVE:
            self._marked = True
            missed = self._missed([record.id]) if self.state is State.OFFLINE else []
            return [*self._unsettled.set_aside((record,)), *missed]
        if record.id <= self._floor or record.collapses or not self._queue.has_room_for(record):
            return [*self._fall_back(), *self._unsettled.set_aside((record,)), *self._look_up()]
        self._queue.append(record)
        self._floor = record.id
        return []

    def superseded(self, ids: Collection[str], now: Moment) -> list[Decision]:
        """The record of a newer one says that these have given way: they are pushed no more."""
        if self._looking_up and len(self._superseded) < _REMEMBERED_SUPERSEDED:
            self._superseded = self._superseded.union(ids)
        elif self._looking_up:
            self._is_answer_void = True
        awaited = self._event
        gone = self._withdraw(lambda item: item.id in ids)
        decisions = self._unsettled.land(gone, Outcome.SUPERSEDED)
        decisions += self._unsettled.release(ids, now.unix, Outcome.SUPERSEDED)
        if awaited is None or self._event is not None:
            return decisions
        if not self._audience.has_room:
            # Whoever is just slow would be ended by yet another event: its ack is awaited still.
            self._event = replace(awaited, items=())
            return decisions
        return [*decisions, *self.next_event(now), *self._look_up()]

    def next_event(self, now: Moment) -> list[Decision]:
        """Push what has gathered, unless an event still awaits its ack."""
        if self._event is not None or not self._queue:
            return []
        items, expired = self._queue.take_event(now.unix)
        decisions: list[Decision] = [Settle(expired, Outcome.EXPIRED)] if expired else []
        if items:
            decisions += self._push(items, now)
        return decisions

    def erase(self, up_to: str) -> list[Decision]:
        """All of the user's up to that id was erased: of it nothing is pushed any more, and what
        comes later asks the inbox first. What is acknowledged already is left to its write.

        What was being created just then may have such an id too, and be owed: so the inbox is asked
        anew, and decides, under `hold`, also of the records.
        """
        self._floor = max(self._floor, up_to)
        self._is_answer_void = self._looking_up
        records = self._unsettled.give_up(self._withdraw(lambda item: item.id <= up_to))
        queued = self._queue.clear()
        records += [record for record in queued if record.id <= up_to]
        newer = [record for record in queued if record.id > up_to]
        decisions = [
            *self._unsettled.set_aside(records, Outcome.ERASED),
            *self._unsettled.set_aside(newer),
        ]
        if self.state is State.OFFLINE:
            return decisions
        return [*decisions, *self._fall_back(), *self._look_up()]

    # ── what connections do ────────────────────────────────────────────────────────────────

    def connect(self, connection: str, now: Moment) -> list[Decision]:
        """A connection subscribes: whatever the state, it catches up first."""
        decisions = self._drop_expired(now)
        self._audience.join(connection)
        self._floor = max(self._floor, floor_id(int(now.unix * 1000)))
        if self._event is not None:
            self._audience.sent_to(connection, self._event.number, now.steady)
            decisions.append(Push(self._event, (connection,)))
        return [*decisions, *self._fall_back(), *self._look_up()]

    def disconnect(self, connection: str) -> list[Decision]:
        """A connection is gone; with the last one, what is not acked is owed by the inbox."""
        self._audience.leave(connection)
        return [] if self._audience else self._go_offline()

    def ack(self, connection: str, event: Event, now: Moment) -> list[Decision]:
        """A connection has acknowledged the event, in time or late; the first ack ends it."""
        self._audience.acked(connection, event.number)
        if event.acked:
            return []
        event.acked = True
        decisions: list[Decision] = [WriteDelivered(event)]
        if self._event is not None and event.number == self._event.number:
            self._event.acked = True  # also if it is what is left of the one acknowledged
            self._event = None
            decisions += self.next_event(now)
        return decisions

    @property
    def awaited(self) -> Event | None:
        """The event that awaits its first ack."""
        return self._event

    @property
    def deadline(self) -> float | None:
        """When, by the steady clock, the event that awaits its ack is overdue, or None."""
        if self._event is None:
            return None
        return self._audience.first_sent(self._event.number) + self._rules.ack_timeout_seconds

    def overdue(self, now: Moment) -> list[Decision]:
        """The deadline has passed: push again, or end the connections that stay silent."""
        if self._event is None:
            return []
        again, silent = self._audience.overdue(
            self._event.number,
            self._rules.ack_timeout_seconds,
            self._rules.ack_attempts,
            now.steady,
        )
        decisions: list[Decision] = [Disconnect(name, Fault.SILENT) for name in silent]
        if not self._audience:
            return [*decisions, *self._go_offline()]
        if again:
            decisions += self._push_again(again, now)
        return decisions

    # ── what the inbox says ────────────────────────────────────────────────────────────────

    def written(self, event: Event) -> list[Decision]:
        """`delivered_at` of the event's notifications is written: their records are settled."""
        return [*self._unsettled.land(event.items, Outcome.ACKED), *self._look_up()]

    def answer(self, page: Sequence[Entry], now: Moment) -> list[Decision]:
        """The inbox's answer: the oldest it owes, oldest first."""
        self._looking_up = False
        is_void, self._is_answer_void = self._is_answer_void, False
        if self.state is not State.CATCHING_UP:
            return []
        if is_void:
            return self._look_up()
        owed = [entry for entry in page if entry.id not in self._superseded]
        items = first_event_of([entry for entry in owed if not has_expired(entry, now.unix)])
        if items:
            self._floor = max(self._floor, items[-1].id)
            return self._push(items, now)
        if page or self._marked:
            return self._look_up()
        self.state = State.LIVE
        return self._unsettled.release_all(now.unix)

    @property
    def held_ids(self) -> list[str]:
        """Under `hold`: the notifications that wait, unsettled, and not under way."""
        return self._unsettled.held_ids

    def no_longer_owed(self, ids: Iterable[str], now: Moment) -> list[Decision]:
        """The inbox owes these no more: delivered elsewhere, erased, superseded or expired."""
        idle = [name for name in ids if not self._unsettled.is_in_flight(name)]
        return self._unsettled.release(idle, now.unix)

    # ── what the window and the process need ───────────────────────────────────────────────

    @property
    def waiting_since(self) -> float | None:
        """Since when, by the steady clock, records wait for this user's ack, or None."""
        event = self._event
        if event is None or not self._unsettled.waits(event.items):
            return None
        return event.since

    def make_room(self) -> list[Decision]:
        """Park the records that wait for an ack; the push stays in flight, a late ack counts."""
        if self._rules.hold or self._event is None:
            return []
        records = self._unsettled.detach(self._event.items)
        return [*self._unsettled.set_aside(records), *self._fall_back()]

    @property
    def is_idle(self) -> bool:
        """Nothing to remember: nobody connected, nothing in flight, held or asked."""
        return not (self._audience or self._looking_up) and self._unsettled.is_empty

    # ── within ─────────────────────────────────────────────────────────────────────────────

    def _push(self, items: Sequence[Record | Entry], now: Moment) -> list[Decision]:
        decisions: list[Decision] = [
            Disconnect(name, Fault.BEHIND) for name in self._audience.drop_those_behind()
        ]
        self._events += 1
        self._unsettled.push(items)
        self._event = Event(self._events, items, since=now.steady)
        if not self._audience:
            return [*decisions, *self._go_offline()]
        self._event.attempts = 1
        return [*decisions, Push(self._event, self._audience.sent_to_all(self._events, now.steady))]

    def _push_again(self, connections: Sequence[str], now: Moment) -> list[Decision]:
        decisions = self._drop_expired(now)
        if self._event is not None:
            self._event.attempts += 1
            return [*decisions, Push(self._event, tuple(connections), again=True)]
        return [*decisions, *self.next_event(now), *self._look_up()]

    def _drop_expired(self, now: Moment) -> list[Decision]:
        expired = self._withdraw(lambda item: has_expired(item, now.unix))
        return self._unsettled.land(expired, Outcome.EXPIRED)

    def _withdraw(self, is_gone: Callable[[Record | Entry], bool]) -> list[Record | Entry]:
        """What is gone is not pushed again: another event takes the place of the one that has it.

        It has the same number: to a connection it is the same event, with the attempts made at
        it, and whoever acknowledges the one that it was has all that is left of it.
        """
        event = self._event
        if event is None:
            return []
        gone = [item for item in event.items if is_gone(item)]
        if gone or not event.items:
            left = [item for item in event.items if not is_gone(item)]
            self._event = replace(event, items=left) if left else None
        return gone

    def _fall_back(self) -> list[Decision]:
        """From wherever to CATCHING_UP; the queue's records are the inbox's to give."""
        self.state = State.CATCHING_UP
        self._marked = True
        return self._unsettled.set_aside(self._queue.clear())

    def _go_offline(self) -> list[Decision]:
        attempts = self._event.attempts if self._event is not None else 0
        awaited = self._withdraw(lambda _: True)
        queued = self._queue.clear()
        unacked = [*self._unsettled.give_up(awaited), *queued]
        self.state = State.OFFLINE
        return [
            *self._unsettled.set_aside(unacked),
            *self._missed([item.id for item in awaited], attempts),
            *self._missed([record.id for record in queued]),
        ]

    def _missed(self, ids: Sequence[str], attempts: int = 0) -> list[Decision]:
        """What is held is not parked: it has its receipt when it is settled."""
        return [Missed(ids, attempts)] if ids and not self._rules.hold else []

    def _look_up(self) -> list[Decision]:
        if (
            self.state is not State.CATCHING_UP
            or self._unsettled.is_any_in_flight
            or self._looking_up
        ):
            return []
        if self._event is not None:
            return []
        self._looking_up, self._marked, self._superseded = True, False, frozenset()
        return [LookUp()]
