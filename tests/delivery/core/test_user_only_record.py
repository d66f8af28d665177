"""A user's only record in a fetch leads to the same decisions as a record in the queue."""

from collections.abc import Callable, Sequence

import pytest

from delivery.core.decision_types import Decision, Push, WriteDelivered
from delivery.core.event_size import EVENT_BYTES
from delivery.core.record import Record
from delivery.core.user_state_machine import User
from tests.delivery.core.one_user import (
    BEGIN,
    HOLD,
    NOW,
    PARK,
    a_record,
    finish,
    live_user,
    pushed,
    take,
    user_catching_up,
)


def _awaiting() -> User:
    user = live_user()
    take(user, a_record(0))
    return user


def _after_an_ack() -> User:
    user = live_user()
    finish(user, pushed(take(user, a_record(0))))
    return user


def _acked_and_not_written() -> User:
    user = live_user()
    user.ack("phone", pushed(take(user, a_record(0))), NOW)
    return user


def _querying_the_inbox() -> User:
    user = User(PARK)
    user.connect("phone", NOW)
    return user


def _with_a_queued_record() -> User:
    user = live_user()
    user.receive(a_record(0), NOW)
    return user


def _behind() -> User:
    user = live_user(PARK, "phone", "laptop")
    for number in (-3, -2):
        event = pushed(take(user, a_record(0.5 + number / 10)))
        user.ack("laptop", event, NOW)
    return user


_USERS: list[Callable[[], User]] = [
    lambda: User(PARK),
    lambda: User(HOLD),
    live_user,
    lambda: live_user(HOLD, "phone", "laptop"),
    lambda: user_catching_up(PARK)[0],
    lambda: user_catching_up(HOLD)[0],
    _awaiting,
    _after_an_ack,
    _acked_and_not_written,
    _querying_the_inbox,
    _with_a_queued_record,
    _behind,
]
_RECORDS = [
    a_record(1),
    a_record(-10),
    a_record(1, collapses=True),
    a_record(1, expires_at=BEGIN),
    a_record(1, expires_at=BEGIN + 1),
    a_record(1, size=EVENT_BYTES),
    a_record(1, size=EVENT_BYTES + 1),
    a_record(1, size=2 * EVENT_BYTES + 1),
]


@pytest.mark.parametrize("make_user", _USERS)
@pytest.mark.parametrize("record", _RECORDS)
def test_an_only_record_leads_to_the_same_decisions_as_going_through_the_queue(
    make_user: Callable[[], User], record: Record
) -> None:
    one, other = make_user(), make_user()
    decisions = one.receive(record, NOW, is_only=True)
    expected = [*other.receive(record, NOW), *other.next_event(NOW)]
    assert _comparable(decisions) == _comparable(expected)
    assert _state(one) == _state(other)
    later = a_record(2)
    assert _comparable(take(one, later, later)) == _comparable(take(other, later, later))


def _comparable(decisions: Sequence[Decision]) -> list[object]:
    """Return the decisions with ids instead of events, because two events are never equal."""
    return [
        (type(decision), decision.event.number, decision.event.ids)
        if isinstance(decision, Push | WriteDelivered)
        else decision
        for decision in decisions
    ]


def _state(user: User) -> tuple[object, ...]:
    event = user.awaited.event
    return (
        user.state,
        user.is_idle,
        user.waiting_since,
        user.held_ids,
        user.awaited.audience.connections,
        event and (event.number, event.ids, event.attempts, event.since),
    )
