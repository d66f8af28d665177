"""A superseded notification is not pushed again, and its ack still counts."""

from delivery.core import inbox_query as module
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
from delivery.core.user_state_machine import User, UserState
from tests.delivery.core.one_user import (
    HOLD,
    NOW,
    PARK,
    TIMEOUT,
    a_record,
    after,
    an_entry,
    finish,
    id_of,
    live_user,
    pushed,
    state_of,
    take,
    user_catching_up,
)

_LATER = after(TIMEOUT)
_SUPERSEDED = SettleOutcome.SUPERSEDED


def test_superseded_notification_in_flight_is_not_pushed_again() -> None:
    user, event = user_catching_up(PARK, an_entry(-5), an_entry(-4))
    assert user.taken_back([id_of(-5)], NOW, _SUPERSEDED) == []
    rest = pushed(user.overdue(_LATER))
    assert rest.ids == [id_of(-4)]
    assert rest.number == event.number
    assert event.ids == [id_of(-5), id_of(-4)]  # the event that was sent stays unchanged


def test_superseded_notification_in_flight_is_not_pushed_to_a_new_connection() -> None:
    user, _ = user_catching_up(PARK, an_entry(-5), an_entry(-4))
    user.taken_back([id_of(-5)], NOW, _SUPERSEDED)
    assert pushed(user.connect("laptop", NOW)).ids == [id_of(-4)]


def test_ack_of_a_superseded_notification_is_written() -> None:
    user, event = user_catching_up(PARK, an_entry(-5), an_entry(-4))
    user.taken_back([id_of(-5)], NOW, _SUPERSEDED)
    assert user.ack("phone", event, NOW) == [WriteDelivered(event)]
    assert user.awaited.deadline is None
    assert user.written(event) == [QueryInbox()]


def test_fully_superseded_event_makes_way_for_the_newer_notification() -> None:
    user, event = user_catching_up(PARK, an_entry(-5))
    newer = a_record(1, collapses=True)
    assert user.taken_back([id_of(-5)], NOW, _SUPERSEDED) == [QueryInbox()]
    assert take(user, newer) == [Settle([newer], SettleOutcome.PARKED)]
    assert pushed(user.answer([an_entry(1)], NOW)).ids == [id_of(1)]
    assert user.ack("phone", event, NOW) == [WriteDelivered(event)]
    assert user.awaited.deadline is not None  # the deadline of the newer notification


def _two_superseded_in_flight() -> tuple[User, list[Event]]:
    """Return a user, and the two events that their slow phone has not acked, all superseded."""
    user, first = user_catching_up(PARK, an_entry(1))
    user.taken_back(first.ids, NOW, _SUPERSEDED)
    second = pushed(user.answer([an_entry(2)], NOW))
    assert user.taken_back(second.ids, NOW, _SUPERSEDED) == []
    return user, [first, second]


def test_connection_with_two_superseded_events_acks_before_it_gets_another() -> None:
    user, (first, second) = _two_superseded_in_flight()
    assert user.taken_back([id_of(3)], NOW, _SUPERSEDED) == []
    assert finish(user, first) == [WriteDelivered(first)]
    assert finish(user, second) == [WriteDelivered(second), QueryInbox()]
    (push,) = user.answer([an_entry(4)], NOW)
    assert isinstance(push, Push)
    assert push.event.ids == [id_of(4)]


def test_ack_of_one_superseded_event_makes_room_for_the_next() -> None:
    user, (first, _) = _two_superseded_in_flight()
    finish(user, first)
    assert user.taken_back([id_of(3)], NOW, _SUPERSEDED) == [QueryInbox()]


def test_connection_that_acks_neither_superseded_event_in_time_is_behind() -> None:
    user, _ = _two_superseded_in_flight()
    assert user.awaited.deadline == _LATER.steady
    assert user.overdue(_LATER) == [QueryInbox()]
    assert user.answer([an_entry(3)], _LATER) == [
        Disconnect("phone", Fault.BEHIND),
        ReportParked([an_entry(3).id]),
    ]


def test_superseded_events_are_not_pushed_to_a_new_connection() -> None:
    user, _ = _two_superseded_in_flight()
    assert user.connect("laptop", NOW) == [QueryInbox()]


def test_nothing_is_awaited_once_the_connection_with_superseded_events_is_gone() -> None:
    user, _ = _two_superseded_in_flight()
    assert user.disconnect("phone") == []
    assert user.awaited.deadline is None
    assert user.connect("phone", NOW) == [QueryInbox()]


def test_records_behind_a_superseded_event_are_pushed_to_a_live_user() -> None:
    user = live_user()
    older, following = a_record(1), a_record(2)
    take(user, older)
    take(user, following)
    settle, push = user.taken_back([older.id], NOW, _SUPERSEDED)
    assert settle == Settle([older], SettleOutcome.SUPERSEDED)
    assert pushed([push]).items == [following]
    assert state_of(user) is UserState.LIVE


def test_superseded_notification_in_an_older_answer_is_not_pushed() -> None:
    user = User(PARK)
    assert user.connect("phone", NOW) == [QueryInbox()]
    assert user.taken_back([id_of(-5)], NOW, _SUPERSEDED) == []
    assert pushed(user.answer([an_entry(-5), an_entry(-4)], NOW)).ids == [id_of(-4)]


def test_answer_with_only_superseded_notifications_is_requested_again() -> None:
    user = User(PARK)
    user.connect("phone", NOW)
    user.taken_back([id_of(-5)], NOW, _SUPERSEDED)
    assert user.answer([an_entry(-5)], NOW) == [QueryInbox()]
    assert user.answer([], NOW) == []
    assert state_of(user) is UserState.LIVE


def test_answer_is_requested_again_after_more_superseded_ids_than_are_remembered() -> None:
    user = User(PARK)
    user.connect("phone", NOW)
    most = module._REMEMBERED
    for number in range(most):
        user.taken_back([id_of(number)], NOW, _SUPERSEDED)
    assert len(user._query._taken_back) == most
    user.taken_back([id_of(most)], NOW, _SUPERSEDED)
    assert len(user._query._taken_back) == most
    assert user.answer([an_entry(most), an_entry(most + 1)], NOW) == [QueryInbox()]
    assert pushed(user.answer([an_entry(most + 1)], NOW)).ids == [id_of(most + 1)]


def test_notification_acked_before_it_was_superseded_is_settled_by_its_write() -> None:
    user = live_user()
    record = a_record(1)
    event = pushed(take(user, record))
    user.ack("phone", event, NOW)
    assert user.taken_back([record.id], NOW, _SUPERSEDED) == []
    assert user.written(event) == [Settle([record], SettleOutcome.ACKED)]


def test_unknown_superseded_ids_change_nothing() -> None:
    user = live_user()
    event = pushed(take(user, a_record(1)))
    assert user.taken_back([id_of(-7)], NOW, _SUPERSEDED) == []
    assert user.overdue(_LATER) == [Push(event, ("phone",), again=True)]
    assert User(PARK).taken_back([id_of(1)], NOW, _SUPERSEDED) == []


def test_under_hold_superseded_record_is_settled() -> None:
    user = User(HOLD)
    older, other = a_record(1, collapses=True), a_record(2)
    take(user, older, other)
    assert user.taken_back([older.id], NOW, _SUPERSEDED) == [Settle([older], _SUPERSEDED)]
    assert user.held_ids == [other.id]


def test_under_hold_superseded_notification_in_flight_settles_its_record_once() -> None:
    user = User(HOLD)
    older, other = a_record(1, collapses=True), a_record(2)
    take(user, older, other)
    user.connect("phone", NOW)
    event = pushed(user.answer([an_entry(1), an_entry(2)], NOW))
    assert user.taken_back([older.id], NOW, _SUPERSEDED) == [Settle([older], _SUPERSEDED)]
    user.ack("phone", event, NOW)
    assert user.written(event) == [Settle([other], SettleOutcome.ACKED), QueryInbox()]
