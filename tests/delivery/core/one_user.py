"""Users in a given state, and short helpers that feed them records, acks and answers."""

from collections.abc import Sequence

from delivery.core.decision_types import Decision, Event, Push
from delivery.core.moment import Moment
from delivery.core.record import OwedNotification, Record
from delivery.core.rules import Rules
from delivery.core.user_state_machine import User, UserState
from producer_api.contract.ids import floor_id

BEGIN = 1_700_000_000.0
TIMEOUT = 10.0
PARK = Rules(TIMEOUT, ack_attempts=3)
HOLD = Rules(TIMEOUT, ack_attempts=3, hold=True)


def after(seconds: float) -> Moment:
    """Return the moment this many seconds after the beginning, by both clocks."""
    return Moment(BEGIN + seconds, seconds)


NOW = after(0)


def id_of(number: float) -> str:
    """Return an id that rises with the number. From 0 on, ids are above the floor of NOW."""
    return floor_id(int(BEGIN * 1000) + int(number * 10) + 1)


def a_record(
    number: float, *, size: int = 10, expires_at: float | None = None, collapses: bool = False
) -> Record:
    """Return a record from the log. Its offset rises with the number."""
    offset = int(number * 10) + 1_000
    return Record(id_of(number), bytes(size), expires_at, "ana", collapses, 0, offset, 1)


def an_entry(number: float, *, size: int = 10, expires_at: float | None = None) -> OwedNotification:
    """Return the notification of the record with that number, as the inbox returns it."""
    return OwedNotification(id_of(number), bytes(size), expires_at)


def state_of(user: User) -> UserState:
    return user.state  # a function, because mypy would narrow an attribute after an assert


def live_user(rules: Rules = PARK, *connections: str) -> User:
    """Return a user who is connected and live. The inbox owed nothing."""
    user = User(rules)
    for connection in connections or ("phone",):
        user.connect(connection, NOW)
    user.answer([], NOW)
    if user.state is not UserState.LIVE:  # a second connection joined during the query
        user.answer([], NOW)
    assert state_of(user) is UserState.LIVE
    return user


def take(user: User, *records: Record, now: Moment = NOW) -> list[Decision]:
    """Feed records as the owner feeds the records of one fetch."""
    if len(records) == 1:
        return user.receive(records[0], now, is_only=True)
    decisions = [decision for record in records for decision in user.receive(record, now)]
    return decisions + user.next_event(now)


def pushed(decisions: Sequence[Decision]) -> Event:
    """Return the event of the only push among the decisions."""
    (push,) = [decision for decision in decisions if isinstance(decision, Push)]
    return push.event


def user_catching_up(rules: Rules = PARK, *page: OwedNotification) -> tuple[User, Event]:
    """Return a user who is connected and was pushed the first page of the inbox."""
    user = User(rules)
    user.connect("phone", NOW)
    return user, pushed(user.answer(page or [an_entry(-5)], NOW))


def finish(user: User, event: Event, now: Moment = NOW) -> list[Decision]:
    """Let the phone ack the event, and complete the write of the ack."""
    return [*user.ack("phone", event, now), *user.written(event)]
