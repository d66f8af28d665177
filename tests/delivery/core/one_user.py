"""Users to begin an example with, and what happens to them in a line."""

from collections.abc import Sequence

from delivery.core.decisions import Decision, Event, Push
from delivery.core.moment import Moment
from delivery.core.record import OwedNotification, Record
from delivery.core.rules import Rules
from delivery.core.user import User, UserState
from producer_api.contract.ids import floor_id

BEGIN = 1_700_000_000.0
TIMEOUT = 10.0
PARK = Rules(TIMEOUT, ack_attempts=3)
HOLD = Rules(TIMEOUT, ack_attempts=3, hold=True)


def after(seconds: float) -> Moment:
    """So long after the beginning, by either clock."""
    return Moment(BEGIN + seconds, seconds)


NOW = after(0)


def id_of(number: float) -> str:
    """Rising with the number; above the floor of a user who has connected at NOW from 0 on."""
    return floor_id(int(BEGIN * 1000) + int(number * 10) + 1)


def a_record(
    number: float, *, size: int = 10, expires_at: float | None = None, collapses: bool = False
) -> Record:
    """As it stands on the log, at an offset that rises with the number."""
    offset = int(number * 10) + 1_000
    return Record(id_of(number), bytes(size), expires_at, "ana", collapses, 0, offset, 1)


def an_entry(number: float, *, size: int = 10, expires_at: float | None = None) -> OwedNotification:
    """The notification of the record of that number, as the inbox gives it."""
    return OwedNotification(id_of(number), bytes(size), expires_at)


def state_of(user: User) -> UserState:
    return user.state  # as it is now: a type checker would believe the last assertion


def live_user(rules: Rules = PARK, *connections: str) -> User:
    """Connected, and caught up with an inbox that owed nothing."""
    user = User(rules)
    for connection in connections or ("phone",):
        user.connect(connection, NOW)
    user.answer([], NOW)
    if user.state is not UserState.LIVE:  # the second connection came while the inbox was asked
        user.answer([], NOW)
    assert state_of(user) is UserState.LIVE
    return user


def take(user: User, *records: Record, now: Moment = NOW) -> list[Decision]:
    """As the owner feeds what one fetch has brought."""
    decisions = [decision for record in records for decision in user.receive(record, now)]
    return decisions + user.next_event(now)


def pushed(decisions: Sequence[Decision]) -> Event:
    """The event of the one push among them."""
    (push,) = [decision for decision in decisions if isinstance(decision, Push)]
    return push.event


def user_catching_up(rules: Rules = PARK, *page: OwedNotification) -> tuple[User, Event]:
    """Connected, and pushed the first page of what the inbox owes."""
    user = User(rules)
    user.connect("phone", NOW)
    return user, pushed(user.answer(page or [an_entry(-5)], NOW))


def finish(user: User, event: Event, now: Moment = NOW) -> list[Decision]:
    """The phone acknowledges the event, and that is written."""
    return [*user.ack("phone", event, now), *user.written(event)]
