"""One user at the owner of their partition: what is pushed, when, and from which source."""

from collections.abc import Collection, Iterable, Sequence
from enum import Enum, auto

from delivery.core.awaited_event import AwaitedEvent
from delivery.core.decision_types import (
    Decision,
    Disconnect,
    Event,
    Fault,
    QueryInbox,
    Settle,
    SettleOutcome,
    WriteDelivered,
)
from delivery.core.event_size import EVENT_BYTES, EVENT_ITEMS, first_event_of
from delivery.core.inbox_query import InboxQuery
from delivery.core.live_queue import LiveQueue
from delivery.core.moment import Moment
from delivery.core.record import OwedNotification, Pushable, Record, has_expired
from delivery.core.rules import Rules
from delivery.core.unsettled import Unsettled
from producer_api.contract.ids import floor_id


class UserState(Enum):
    """Where a user's pushes come from."""

    OFFLINE = auto()
    CATCHING_UP = auto()
    LIVE = auto()


#: Reading a member of an enum costs as much as a call, and each record asks for the state.
_OFFLINE, _CATCHING_UP, _LIVE = UserState


class User:
    """Owns the state of one user: three states, one source of pushes at a time.

    ::

                 first connection                 nothing left
      OFFLINE ───────────────────► CATCHING_UP ─────────────────► LIVE
         ▲   records: parked       fed from the inbox,            fed from the log;
         │                         page by page; records          records wait in
         │                         that arrive: parked            the queue
         │                              ▲                            │
         └── last connection gone,      └────────────────────────────┘
             or ended as silent           queue full · id not above the floor ·
                                          collapse key · new connection ·
                                          window full · user erased

    Invariants:

    - At most one event awaits its first ack (`awaited`).
    - The user queries the inbox only while nothing is in flight, except notifications whose acks
      cannot be written for now. So no notification in the answer awaits its ack.
    - The queue is empty unless the user is LIVE.
    - The floor never suppresses a push. An id at or below it only leads to a query to the inbox.

    Under `hold`, records are held where the diagram says "parked". They stay unsettled until their
    notification is acked or no longer owed.

    Every method returns the decisions that its driver must carry out, in order. Expiry uses
    the wall clock, as in the producer. Ack deadlines use the monotonic clock, which never jumps.
    """

    __slots__ = ("_floor", "_query", "_rules", "awaited", "queue", "state", "unsettled")

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.state = _OFFLINE
        self.awaited = AwaitedEvent(rules)
        self._query = InboxQuery()
        self.queue = LiveQueue()
        self.unsettled = Unsettled(hold=rules.hold)
        #: No id above the floor has been pushed since the user subscribed.
        self._floor = ""

    # ── input from the log ─────────────────────────────────────────────────────────────────

    def receive(self, record: Record, now: Moment, *, is_only: bool = False) -> list[Decision]:
        """Take in a record of this user. If it is queued, `next_event` pushes it.

        The user's only record of a fetch is pushed at once, if nothing is in flight.
        """
        if is_only:
            # The usual case, for a user who keeps up. It takes half the time of using the queue.
            if (
                self.state is _LIVE
                and self.awaited.event is None
                and not self.queue.records
                and record.id > self._floor
                and not record.collapses
                and record.expires_at is None
                and len(record.value) <= EVENT_BYTES
            ):
                self._floor = record.id
                return self._push((record,), now)
            return [*self.receive(record, now), *self.next_event(now)]
        if record.expires_at is not None and has_expired(record, now.unix):
            return [Settle((record,), SettleOutcome.EXPIRED)]
        if self.state is not _LIVE:
            self._query.has_news = True
            is_offline = self.state is _OFFLINE
            report = self.unsettled.report_parked([record.id]) if is_offline else []
            return [*self.unsettled.set_aside((record,)), *report]
        # An id up to the floor may have been pushed already: from a page of the inbox, or because
        # the log repeats it. It may also be new, from a producer with a slow clock. Only the inbox
        # knows, so ask it. Dropping the record could lose it for a connected user.
        if record.id <= self._floor or record.collapses or not self.queue.offer(record):
            return [
                *self._fall_back(),
                *self.unsettled.set_aside((record,)),
                *self._query_if_due(),
            ]
        self._floor = record.id
        return []

    def taken_back(
        self, ids: Collection[str], now: Moment, outcome: SettleOutcome
    ) -> list[Decision]:
        """Stop pushing these notifications: a record says that they are superseded or withdrawn.

        `outcome` says which.
        """
        self._query.note_taken_back(ids)
        # Raise the floor: if the log repeats one of them, the inbox decides.
        self._floor = max((self._floor, *ids))
        awaited = self.awaited.event
        dropped = self.awaited.drop(lambda item: item.id in ids)
        decisions = self.unsettled.land(dropped, outcome)
        decisions += self.unsettled.release(ids, now.unix, outcome)
        if queued := self.queue.take_out(ids):
            decisions.append(Settle(queued, outcome))
        if awaited is None or self.awaited.event is not None:
            return decisions
        if not self.awaited.audience.has_room:
            # No item of the event is left, but every connection has two or more unacknowledged
            # events. Another event could end connections that are merely slow. So keep awaiting
            # this event's ack.
            self.awaited.event = awaited.reduced_to(())
            return decisions
        return [*decisions, *self.next_event(now), *self._query_if_due()]

    def next_event(self, now: Moment) -> list[Decision]:
        """Push the next event from the queue, unless an event still awaits its ack."""
        if self.awaited.event is not None or not self.queue.records:
            return []
        items, expired = self.queue.take_event(now.unix)
        if not expired:
            return self._push(items, now)
        decisions: list[Decision] = [Settle(expired, SettleOutcome.EXPIRED)]
        if items:
            decisions += self._push(items, now)
        return decisions

    def erase(self, up_to: str) -> list[Decision]:
        """Stop pushing notifications up to this id, because the user was erased.

        A notification that was being created at that moment may have a lower id and still be owed.
        So ask the inbox again, and let it decide. Under `hold`, it also decides about the records.
        An acked notification stays in flight until its `delivered_at` is written.
        """
        self._floor = max(self._floor, up_to)
        self._query.void()
        dropped = self.awaited.drop(lambda item: item.id <= up_to)
        records = self.unsettled.give_up(dropped)
        queued = self.queue.clear()
        records += [record for record in queued if record.id <= up_to]
        newer = [record for record in queued if record.id > up_to]
        decisions = [
            *self.unsettled.set_aside(records, SettleOutcome.ERASED),
            *self.unsettled.set_aside(newer),
        ]
        if self.state is _OFFLINE:
            return decisions
        return [*decisions, *self._fall_back(), *self._query_if_due()]

    # ── input from connections ─────────────────────────────────────────────────────────────

    def connect(self, connection: str, now: Moment) -> list[Decision]:
        """Add a connection. The user catches up, whatever the state was.

        If there are too many connections, ends the oldest one.
        """
        expired = self.awaited.drop_expired(now.unix)
        decisions = self.unsettled.land(expired, SettleOutcome.EXPIRED)
        self.awaited.audience.join(connection)
        crowded_out = self.awaited.audience.leave_oldest(self._rules.max_connections)
        decisions += [Disconnect(oldest, Fault.CROWDED) for oldest in crowded_out]
        # The inbox may owe this connection anything that was created up to now. Raise the floor, so
        # that the inbox is asked if the log brings one of these.
        self._floor = max(self._floor, floor_id(int(now.unix * 1000)))
        decisions += self.awaited.push_to(connection, now.steady)
        return [*decisions, *self._fall_back(), *self._query_if_due()]

    def disconnect(self, connection: str) -> list[Decision]:
        """Remove a connection. After the last one, the inbox still owes everything unacked."""
        self.awaited.audience.leave(connection)
        return [] if self.awaited.audience else self._go_offline()

    def ack(self, connection: str, event: Event, now: Moment) -> list[Decision]:
        """Record a connection's ack, in time or late. The first ack completes the event."""
        if not self.awaited.ack(connection, event):
            return []
        decisions: list[Decision] = [WriteDelivered(event)]
        if self.queue.records:
            decisions += self.next_event(now)
        return decisions

    def overdue(self, now: Moment) -> list[Decision]:
        """Push the overdue event again, and end the connections that never acknowledged it."""
        to_retry, silent = self.awaited.overdue(now.steady)
        decisions: list[Decision] = [Disconnect(connection, Fault.SILENT) for connection in silent]
        if silent and not self.awaited.audience:
            return [*decisions, *self._go_offline()]
        if not to_retry:
            return decisions
        expired = self.awaited.drop_expired(now.unix)
        decisions += self.unsettled.land(expired, SettleOutcome.EXPIRED)
        if self.awaited.event is None:
            return [*decisions, *self.next_event(now), *self._query_if_due()]
        return [*decisions, *self.awaited.push_again(to_retry)]

    # ── input from the inbox ───────────────────────────────────────────────────────────────

    def written(self, event: Event) -> list[Decision]:
        """Settle the event's records, now that `delivered_at` is written."""
        # Ask the inbox only now. Before the write, the inbox still owed these notifications, and
        # would have returned what the client already has.
        decisions = self.unsettled.land(event.items, SettleOutcome.ACKED)
        if self.state is _CATCHING_UP:
            decisions += self._query_if_due()
        return decisions

    def answer(self, page: Sequence[OwedNotification], now: Moment) -> list[Decision]:
        """Push the first event of the inbox's answer, or go live if nothing more is owed."""
        owed = self._query.take(page)
        if self.state is not _CATCHING_UP:
            return []
        if owed is None:
            return self._query_if_due()
        if self.unsettled.is_any_blocked:
            # The client has the notifications in flight, but the inbox does not know it yet.
            others = [item for item in owed if not self.unsettled.is_in_flight(item.id)]
            if len(page) >= EVENT_ITEMS and not others:
                # The notifications in flight fill the page, and more may be owed beyond it. Do not
                # go live yet.
                self._query.send_beyond()
                return [QueryInbox(after=owed[-1].id)]
            page = owed = others
        items = first_event_of([entry for entry in owed if not has_expired(entry, now.unix)])
        if items:
            self._floor = max(self._floor, items[-1].id)
            return self._push(items, now)
        # If the whole page has expired, or a record was parked since the query, more notifications
        # may be owed. Going live now would skip them.
        if page or self._query.has_news:
            return self._query_if_due()
        self.state = _LIVE
        return self.unsettled.release_all(now.unix)

    @property
    def held_ids(self) -> list[str]:
        """The ids of the notifications that are held and not in flight, under `hold`."""
        return self.unsettled.held_ids

    def no_longer_owed(self, ids: Iterable[str], now: Moment) -> list[Decision]:
        """Settle the held records of notifications that the inbox no longer owes.

        They were delivered elsewhere, erased, superseded or withdrawn, or they have expired.
        """
        idle = [held_id for held_id in ids if not self.unsettled.is_in_flight(held_id)]
        return self.unsettled.release(idle, now.unix)

    # ── for the window and the process ─────────────────────────────────────────────────────

    @property
    def waiting_since(self) -> float | None:
        """The monotonic time since which records wait for this user's ack; None if none wait."""
        event = self.awaited.event
        if event is None or not self.unsettled.has_waiting_record(event.items):
            return None
        return event.since

    def make_room(self, blocked: Collection[str] = ()) -> list[Decision]:
        """Park the records that wait for an ack. The push stays in flight; a late ack counts.

        With `blocked`, parks the records of these notifications instead, because their acks cannot
        be written for now.
        """
        if blocked:
            parked = self.unsettled.set_aside(self.unsettled.block(blocked))
            return [*parked, *self._query_if_due()]
        if self._rules.hold or self.awaited.event is None:
            return []
        records = self.unsettled.detach(self.awaited.event.items)
        return [*self.unsettled.set_aside(records), *self._fall_back()]

    @property
    def is_idle(self) -> bool:
        """Whether the user can be forgotten: no connection, no query, nothing in flight or held."""
        if self.awaited.audience.connections or self._query.is_under_way:
            return False
        return self.unsettled.is_empty

    # ── transitions ────────────────────────────────────────────────────────────────────────

    def _push(self, items: Sequence[Pushable], now: Moment) -> list[Decision]:
        self.unsettled.push(items)  # do this first, because `_go_offline` may take them out again
        decisions = self.awaited.push(items, now.steady)
        if not self.awaited.audience.connections:  # all were too far behind and were ended
            decisions += self._go_offline()
        return decisions

    def _fall_back(self) -> list[Decision]:
        """Go from any state to CATCHING_UP. The inbox then returns the queued notifications."""
        self.state = _CATCHING_UP
        self._query.has_news = True
        return self.unsettled.set_aside(self.queue.clear())

    def _go_offline(self) -> list[Decision]:
        event = self.awaited.event
        attempts = event.attempts if event is not None else 0
        awaited = self.awaited.drop(lambda _: True)
        queued = self.queue.clear()
        unacked = [*self.unsettled.give_up(awaited), *queued]
        self.state = _OFFLINE
        return [
            *self.unsettled.set_aside(unacked),
            *self.unsettled.report_parked([item.id for item in awaited], attempts),
            *self.unsettled.report_parked([record.id for record in queued]),
        ]

    def _query_if_due(self) -> list[Decision]:
        """Query the inbox if the user is catching up and nothing is in flight."""
        if self.state is not _CATCHING_UP or self.unsettled.is_any_in_flight:
            return []
        if self._query.is_under_way or self.awaited.event is not None:
            return []
        self._query.send()
        return [QueryInbox()]
