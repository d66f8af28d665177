"""A notification that expires in flight is not pushed again, and its ack still counts."""

import pytest

from delivery.core.decision_types import (
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
from delivery.core.record import Record
from delivery.core.rules import Rules
from delivery.core.user_state_machine import User, UserState
from tests.delivery.core.one_user import (
    BEGIN,
    HOLD,
    NOW,
    PARK,
    TIMEOUT,
    a_record,
    after,
    an_entry,
    finish,
    live_user,
    pushed,
    state_of,
    take,
    user_catching_up,
)

_LATER = after(TIMEOUT)


def _with_an_expiring_record(rules: Rules = PARK) -> tuple[User, Event, Record, Record]:
    """Return a user with two records pushed to the phone. The first expires before the deadline."""
    user = live_user(rules)
    soon, lasting = a_record(1, expires_at=_LATER.unix), a_record(2)
    return user, pushed(take(user, soon, lasting)), soon, lasting


@pytest.mark.parametrize("rules", [PARK, HOLD])
def test_expired_notification_is_not_pushed_again(rules: Rules) -> None:
    user, event, soon, lasting = _with_an_expiring_record(rules)
    settle, push = user.overdue(_LATER)
    assert settle == Settle([soon], SettleOutcome.EXPIRED)
    rest = pushed([push])
    assert push == Push(rest, ("phone",), again=True)
    assert rest is not event  # the event that was sent stays unchanged
    assert rest.items == [lasting]
    assert event.items == [soon, lasting]
    assert finish(user, rest) == [WriteDelivered(rest), Settle([lasting], SettleOutcome.ACKED)]


def test_expired_notification_is_not_pushed_to_a_new_connection() -> None:
    user, _, soon, lasting = _with_an_expiring_record()
    settle, push = user.connect("laptop", _LATER)
    assert settle == Settle([soon], SettleOutcome.EXPIRED)
    rest = pushed([push])
    assert push == Push(rest, ("laptop",))
    assert rest.items == [lasting]


def test_event_without_expired_items_is_pushed_again_unchanged() -> None:
    user, event, _, _ = _with_an_expiring_record()
    assert user.connect("laptop", after(TIMEOUT - 1)) == [Push(event, ("laptop",))]


def test_ack_of_the_whole_event_covers_the_rest_of_it() -> None:
    user, event, _, lasting = _with_an_expiring_record()
    rest = pushed(user.overdue(_LATER))
    assert user.ack("phone", event, _LATER) == [WriteDelivered(event)]
    assert user.awaited.deadline is None
    assert user.ack("phone", rest, _LATER) == []
    assert user.written(event) == [Settle([lasting], SettleOutcome.ACKED)]


def test_ack_of_the_rest_does_not_deliver_expired_notifications() -> None:
    user, event, _, lasting = _with_an_expiring_record()
    rest = pushed(user.overdue(_LATER))
    assert finish(user, rest) == [WriteDelivered(rest), Settle([lasting], SettleOutcome.ACKED)]
    assert user.ack("phone", event, _LATER) == [WriteDelivered(event)]
    assert user.written(event) == []


def test_late_ack_of_the_whole_event_does_not_end_a_later_event() -> None:
    user, event, _, _ = _with_an_expiring_record()
    finish(user, pushed(user.overdue(_LATER)))
    take(user, a_record(3))
    assert user.ack("phone", event, _LATER) == [WriteDelivered(event)]
    assert user.awaited.deadline is not None


def test_attempts_of_an_event_still_count_for_its_rest() -> None:
    user, _, _, lasting = _with_an_expiring_record()
    user.connect("laptop", after(TIMEOUT - 1))
    rest = pushed(user.overdue(_LATER))
    assert user.waiting_since == 0
    assert user.awaited.deadline == _LATER.steady - 1 + TIMEOUT  # the laptop's deadline
    assert user.overdue(after(2 * TIMEOUT - 1)) == [Push(rest, ("laptop",), again=True)]
    assert user.overdue(after(2 * TIMEOUT)) == [Push(rest, ("phone",), again=True)]
    assert user.overdue(after(3 * TIMEOUT))[0] == Disconnect("phone", Fault.SILENT)
    assert user.disconnect("laptop") == [
        Settle([lasting], SettleOutcome.PARKED),
        ReportParked([lasting.id], attempts=5),
    ]


def test_connection_that_was_sent_only_the_whole_event_is_still_overdue() -> None:
    user, _, _, _ = _with_an_expiring_record()
    rest = pushed(user.connect("laptop", _LATER))
    assert user.overdue(_LATER) == [Push(rest, ("phone",), again=True)]


def test_connection_that_acked_the_whole_event_is_not_behind() -> None:
    user, event, _, _ = _with_an_expiring_record()
    user.overdue(_LATER)
    finish(user, event)
    for number in (3, 4, 5):
        event = pushed(take(user, a_record(number)))
        finish(user, event)
    assert state_of(user) is UserState.LIVE


def test_expired_event_makes_way_for_the_next() -> None:
    user = live_user()
    soon, following = a_record(1, expires_at=_LATER.unix), a_record(2)
    event = pushed(take(user, soon))
    take(user, following)
    settle, push = user.overdue(_LATER)
    assert settle == Settle([soon], SettleOutcome.EXPIRED)
    assert pushed([push]).items == [following]
    assert user.ack("phone", event, _LATER) == [WriteDelivered(event)]
    assert user.awaited.deadline == _LATER.steady + TIMEOUT
    assert user.written(event) == []


def test_expired_page_makes_way_for_the_next() -> None:
    user, event = user_catching_up(PARK, an_entry(-1, expires_at=_LATER.unix))
    assert user.overdue(_LATER) == [QueryInbox()]
    assert user.awaited.deadline is None
    assert user.ack("phone", event, _LATER) == [WriteDelivered(event)]
    assert user.written(event) == []  # a query is under way already


def test_new_connection_catches_up_at_once_if_the_event_has_expired() -> None:
    user = live_user()
    soon = a_record(1, expires_at=_LATER.unix)
    take(user, soon)
    assert user.connect("laptop", _LATER) == [Settle([soon], SettleOutcome.EXPIRED), QueryInbox()]


def test_silent_connection_is_ended_even_if_the_event_has_expired() -> None:
    user = live_user()
    soon = a_record(1, expires_at=BEGIN + 3 * TIMEOUT)
    take(user, soon)
    for attempt in (1, 2):
        assert pushed(user.overdue(after(attempt * TIMEOUT))).items == [soon]
    assert user.overdue(after(3 * TIMEOUT))[0] == Disconnect("phone", Fault.SILENT)


def test_connection_that_never_acks_expiring_events_is_ended() -> None:
    user = live_user()
    for number in (1, 2):
        soon = a_record(number, expires_at=BEGIN + number * TIMEOUT + 1)
        take(user, soon, now=after(number * TIMEOUT))
        user.overdue(after((number + 1) * TIMEOUT))
    third = take(user, a_record(3), now=after(3 * TIMEOUT))
    assert third[0] == Disconnect("phone", Fault.BEHIND)


def test_record_parked_for_room_is_not_settled_again_when_it_expires() -> None:
    user, _, soon, lasting = _with_an_expiring_record()
    assert user.make_room() == [Settle([soon, lasting], SettleOutcome.PARKED)]
    assert pushed(user.overdue(_LATER)).items == [lasting]


def test_under_hold_expiry_of_an_inbox_notification_settles_its_held_record() -> None:
    user = User(HOLD)
    record, repeat = a_record(1, expires_at=_LATER.unix), a_record(1, expires_at=_LATER.unix)
    repeat = repeat._replace(offset=9_999)
    take(user, record, repeat)
    user.connect("phone", NOW)
    user.answer([an_entry(1, expires_at=_LATER.unix)], NOW)
    assert user.overdue(_LATER) == [Settle([record, repeat], SettleOutcome.EXPIRED), QueryInbox()]
    assert user.held_ids == []
