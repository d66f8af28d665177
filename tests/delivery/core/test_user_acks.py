"""An event waits for its first ack, or until every connection has been silent too long."""

import pytest

from delivery.core.decision_types import (
    Disconnect,
    Fault,
    Push,
    QueryInbox,
    ReportParked,
    Settle,
    SettleOutcome,
    WriteDelivered,
)
from delivery.core.moment import Moment
from delivery.core.user_state_machine import UserState
from tests.delivery.core.one_user import (
    BEGIN,
    NOW,
    PARK,
    TIMEOUT,
    a_record,
    after,
    finish,
    live_user,
    pushed,
    state_of,
    take,
)

# ── acknowledgements ──────────────────────────────────────────────────────────────────────────────


def test_first_ack_of_any_connection_ends_the_event() -> None:
    user = live_user(PARK, "phone", "laptop")
    event = pushed(take(user, a_record(1)))
    assert user.ack("laptop", event, NOW) == [WriteDelivered(event)]
    assert user.ack("phone", event, NOW) == []
    assert user.ack("phone", event, NOW) == []
    assert user.written(event) == [Settle([a_record(1)], SettleOutcome.ACKED)]


def test_record_is_not_settled_before_its_ack_is_written() -> None:
    user = live_user()
    event = pushed(take(user, a_record(1)))
    user.ack("phone", event, NOW)
    assert user.disconnect("phone") == []
    assert not user.is_idle
    assert user.written(event) == [Settle([a_record(1)], SettleOutcome.ACKED)]
    assert user.is_idle


def test_connection_two_events_behind_is_ended() -> None:
    user = live_user(PARK, "phone", "laptop")
    for number in (1, 2):
        event = pushed(take(user, a_record(number)))
        finish(user, event)
    disconnect, push = take(user, a_record(3), now=after(TIMEOUT))
    assert disconnect == Disconnect("laptop", Fault.BEHIND)
    assert isinstance(push, Push)
    assert push.connections == ("phone",)


def test_connection_that_is_busy_for_less_than_the_ack_timeout_is_kept() -> None:
    user = live_user(PARK, "phone", "laptop")
    for number in range(1, 6):
        finish(user, pushed(take(user, a_record(number))))
    push = take(user, a_record(6), now=after(TIMEOUT - 1))[0]
    assert isinstance(push, Push)
    assert push.connections == ("phone", "laptop")


def test_connection_one_event_behind_is_kept() -> None:
    user = live_user(PARK, "phone", "laptop")
    events = []
    for number in range(1, 6):
        event = pushed(take(user, a_record(number)))
        events.append(event)
        finish(user, event)
        if len(events) > 1:
            user.ack("laptop", events[-2], NOW)
    assert len(events) == 5


def test_last_connection_is_ended_if_it_lags_behind_connections_that_left() -> None:
    user = live_user(PARK, "phone", "laptop")
    for number in (1, 2):
        finish(user, pushed(take(user, a_record(number))))
    user.disconnect("phone")
    record = a_record(3)
    assert take(user, record, now=after(TIMEOUT)) == [
        Disconnect("laptop", Fault.BEHIND),
        Settle([record], SettleOutcome.PARKED),
        ReportParked([record.id]),  # without attempts, because no connection remained
    ]
    assert state_of(user) is UserState.OFFLINE
    assert user.is_idle


# ── silence ───────────────────────────────────────────────────────────────────────────────────────


def test_silent_connection_is_pushed_to_again_then_ended_and_its_record_parked() -> None:
    user = live_user()
    record = a_record(1)
    event = pushed(take(user, record))
    assert user.awaited.deadline == TIMEOUT
    assert user.overdue(after(TIMEOUT)) == [Push(event, ("phone",), again=True)]
    assert user.overdue(after(2 * TIMEOUT)) == [Push(event, ("phone",), again=True)]
    assert user.awaited.deadline == 3 * TIMEOUT
    assert user.overdue(after(3 * TIMEOUT)) == [
        Disconnect("phone", Fault.SILENT),
        Settle([record], SettleOutcome.PARKED),
        ReportParked([record.id], attempts=3),
    ]
    assert state_of(user) is UserState.OFFLINE
    assert user.is_idle


def test_nothing_is_overdue_before_the_deadline_or_after_the_ack() -> None:
    user = live_user()
    event = pushed(take(user, a_record(1)))
    assert user.overdue(after(TIMEOUT - 0.001)) == []
    user.ack("phone", event, NOW)
    assert user.awaited.deadline is None
    assert user.overdue(after(5 * TIMEOUT)) == []


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_setting_the_wall_clock_does_not_move_ack_deadlines(step: float) -> None:
    user = live_user()
    event = pushed(take(user, a_record(1)))
    assert user.overdue(Moment(BEGIN + step, TIMEOUT - 1)) == []
    assert user.awaited.deadline == TIMEOUT
    assert user.overdue(Moment(BEGIN + step, TIMEOUT)) == [Push(event, ("phone",), again=True)]


def test_expiry_follows_the_wall_clock() -> None:
    user = live_user()
    lasting = a_record(1, expires_at=BEGIN + 60)
    assert pushed(take(user, lasting, now=Moment(BEGIN + 59, 3600.0))).items == [lasting]
    assert user.overdue(Moment(BEGIN + 60, 7200.0)) == [Settle([lasting], SettleOutcome.EXPIRED)]


def test_one_silent_connection_does_not_end_the_others() -> None:
    user = live_user()
    event = pushed(take(user, a_record(1)))
    user.connect("laptop", after(5))
    for attempt in (1, 2):
        user.overdue(after(attempt * TIMEOUT))
        user.overdue(after(5 + attempt * TIMEOUT))
    assert user.overdue(after(3 * TIMEOUT)) == [Disconnect("phone", Fault.SILENT)]
    assert user.awaited.deadline == 5 + 3 * TIMEOUT
    assert user.ack("laptop", event, after(31)) == [WriteDelivered(event)]
    assert user.written(event) == [Settle([a_record(1)], SettleOutcome.ACKED), QueryInbox()]
