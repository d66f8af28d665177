"""A withdrawn notification is not pushed any more, wherever it is, and its ack still counts."""

from delivery.core.decision_types import QueryInbox, Settle, SettleOutcome, WriteDelivered
from delivery.core.user_state_machine import User, UserState
from tests.delivery.core.one_user import (
    HOLD,
    NOW,
    PARK,
    a_record,
    an_entry,
    finish,
    id_of,
    live_user,
    pushed,
    state_of,
    take,
    user_catching_up,
)

_WITHDRAWN = SettleOutcome.WITHDRAWN


def test_withdrawn_record_in_the_queue_is_not_pushed() -> None:
    user = live_user()
    first, second, third = a_record(1), a_record(2), a_record(3)
    take(user, first)
    take(user, second, third)
    assert user.taken_back([second.id], NOW, _WITHDRAWN) == [Settle([second], _WITHDRAWN)]
    decisions = finish(user, pushed(user.connect("laptop", NOW)))
    assert [each for each in decisions if isinstance(each, Settle)] == [
        Settle([first], SettleOutcome.ACKED)
    ]


def test_the_queue_has_room_again_for_as_many_bytes_as_were_withdrawn() -> None:
    user = live_user()
    take(user, a_record(1))
    large = [a_record(number, size=60_000) for number in (2, 3, 4)]
    for record in large[:-1]:
        take(user, record)
    user.taken_back([large[0].id], NOW, _WITHDRAWN)
    assert take(user, large[-1]) == []
    assert state_of(user) is UserState.LIVE


def test_withdrawn_record_in_flight_is_settled_and_a_late_ack_written() -> None:
    user = live_user()
    record, following = a_record(1), a_record(2)
    event = pushed(take(user, record))
    take(user, following)
    settle, push = user.taken_back([record.id], NOW, _WITHDRAWN)
    assert settle == Settle([record], _WITHDRAWN)
    assert pushed([push]).items == [following]
    assert user.ack("phone", event, NOW) == [WriteDelivered(event)]


def test_withdrawn_record_that_was_acked_is_settled_as_acked() -> None:
    user = live_user()
    record = a_record(1)
    event = pushed(take(user, record))
    user.ack("phone", event, NOW)
    assert user.taken_back([record.id], NOW, _WITHDRAWN) == []
    assert user.written(event) == [Settle([record], SettleOutcome.ACKED)]


def test_withdrawn_notification_in_an_older_answer_is_not_pushed() -> None:
    user = User(PARK)
    user.connect("phone", NOW)
    user.taken_back([id_of(-5)], NOW, _WITHDRAWN)
    assert pushed(user.answer([an_entry(-5), an_entry(-4)], NOW)).ids == [id_of(-4)]


def test_withdrawn_record_that_the_log_repeats_is_left_to_the_inbox() -> None:
    user = live_user()
    record = a_record(1)
    user.taken_back([record.id], NOW, _WITHDRAWN)
    assert take(user, record) == [Settle([record], SettleOutcome.PARKED), QueryInbox()]


def test_withdrawn_record_that_is_held_is_settled() -> None:
    user, _ = user_catching_up(HOLD)
    record = a_record(1)
    assert take(user, record) == []
    assert user.taken_back([record.id], NOW, _WITHDRAWN) == [Settle([record], _WITHDRAWN)]
    assert user.held_ids == []
