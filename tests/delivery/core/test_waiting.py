"""What an unsettled record waits for, as the status report shows it."""

import pytest

from delivery.core.waiting import Flight, WaitState, flight_of, wait_of
from tests.delivery.core.one_user import (
    HOLD,
    NOW,
    PARK,
    a_record,
    after,
    an_entry,
    id_of,
    live_user,
    pushed,
    take,
    user_catching_up,
)


def test_a_pushed_record_waits_for_the_ack_of_the_connections_that_have_it() -> None:
    user, record = live_user(PARK, "phone", "laptop"), a_record(1)
    take(user, record, now=after(3))
    flight = Flight([record.id], 3, 1, ("phone", "laptop"))
    assert flight_of(user) == flight
    assert wait_of(user, record.offset) == (record.id, WaitState.PUSHED, flight)
    user.overdue(after(13))
    assert flight_of(user) == flight._replace(attempt=2), "the time of the first push stays"


def test_a_record_behind_an_event_is_queued_and_shows_that_event() -> None:
    user, first, second = live_user(), a_record(1), a_record(2)
    take(user, first)
    take(user, second)
    assert wait_of(user, second.offset) == (second.id, WaitState.QUEUED, flight_of(user))


def test_an_acked_record_waits_for_its_write_and_then_for_nothing() -> None:
    user, record = live_user(), a_record(1)
    event = pushed(take(user, record))
    user.ack("phone", event, NOW)
    assert flight_of(user) is None
    assert wait_of(user, record.offset) == (record.id, WaitState.ACKED, None)
    take(user, a_record(2))
    assert flight_of(user) is not None
    assert wait_of(user, record.offset) == (record.id, WaitState.ACKED, None)
    user.written(event)
    assert wait_of(user, record.offset) is None


def test_under_hold_a_record_waits_for_its_user() -> None:
    user, record = live_user(HOLD), a_record(1)
    user.disconnect("phone")
    take(user, record)
    assert wait_of(user, record.offset) == (record.id, WaitState.HELD, None)
    user.connect("phone", NOW)
    assert wait_of(user, record.offset) == (record.id, WaitState.QUEUED, None), "a query is sent"
    user.answer([an_entry(1)], NOW)
    assert wait_of(user, record.offset) == (record.id, WaitState.PUSHED, flight_of(user))


@pytest.mark.parametrize("acked", [False, True])
def test_a_push_from_the_inbox_has_no_record_that_waits(*, acked: bool) -> None:
    user, event = user_catching_up(PARK, an_entry(-5))
    if acked:
        user.ack("phone", event, NOW)
    assert (flight_of(user) is None) == acked
    assert wait_of(user, a_record(-5).offset) is None
    assert event.ids == [id_of(-5)]
