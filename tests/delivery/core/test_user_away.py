"""Users without a connection, and users who lose their last one."""

import pytest

from delivery.core.decision_types import (
    Decision,
    QueryInbox,
    ReportParked,
    Settle,
    SettleOutcome,
    WriteDelivered,
)
from delivery.core.rules import Rules
from delivery.core.user_state_machine import User, UserState
from tests.delivery.core.one_user import (
    BEGIN,
    HOLD,
    NOW,
    PARK,
    a_record,
    an_entry,
    finish,
    live_user,
    pushed,
    state_of,
    take,
    user_catching_up,
)

# ── offline ───────────────────────────────────────────────────────────────────────────────────────


def test_new_user_is_offline_and_idle() -> None:
    user = User(PARK)
    assert state_of(user) is UserState.OFFLINE
    assert user.is_idle
    assert user.awaited.deadline is None
    assert user.waiting_since is None


def test_record_of_an_offline_user_is_parked() -> None:
    user, record = User(PARK), a_record(1)
    assert take(user, record) == [Settle([record], SettleOutcome.PARKED), ReportParked([record.id])]
    assert user.is_idle


@pytest.mark.parametrize("rules", [PARK, HOLD])
def test_expired_record_is_settled_as_expired_in_any_state(rules: Rules) -> None:
    record = a_record(1, expires_at=BEGIN)
    expected: list[Decision] = [Settle((record,), SettleOutcome.EXPIRED)]
    assert take(User(rules), record) == expected
    assert take(user_catching_up(rules)[0], record) == expected
    assert take(live_user(rules), record) == expected


# ── any state → offline ───────────────────────────────────────────────────────────────────────────


def test_unacked_records_are_parked_with_the_last_connection() -> None:
    user = live_user(PARK, "phone", "laptop")
    take(user, a_record(1))
    take(user, a_record(2))
    assert user.disconnect("phone") == []
    assert state_of(user) is UserState.LIVE
    assert user.disconnect("laptop") == [
        Settle([a_record(1), a_record(2)], SettleOutcome.PARKED),
        ReportParked([a_record(1).id], attempts=1),
        ReportParked([a_record(2).id]),  # it was queued behind the first
    ]
    assert state_of(user) is UserState.OFFLINE
    assert user.is_idle
    assert user.connect("phone", NOW) == [QueryInbox()]


def test_unknown_connection_takes_no_user_offline() -> None:
    user = live_user()
    assert user.disconnect("a stranger") == []
    assert state_of(user) is UserState.LIVE
    assert User(PARK).disconnect("a stranger") == []


def test_leaving_while_catching_up_settles_nothing_twice() -> None:
    user, event = user_catching_up()
    assert user.disconnect("phone") == [ReportParked(event.ids, attempts=1)]
    assert user.connect("phone", NOW) == [QueryInbox()]


def test_ack_after_going_offline_is_written_and_settles_nothing_twice() -> None:
    user = live_user()
    event = pushed(take(user, a_record(1)))
    assert user.disconnect("phone") == [
        Settle([a_record(1)], SettleOutcome.PARKED),
        ReportParked([a_record(1).id], attempts=1),
    ]
    assert user.ack("phone", event, NOW) == [WriteDelivered(event)]
    assert user.written(event) == []


def test_ack_of_an_earlier_push_does_not_end_a_later_event() -> None:
    user, event = user_catching_up(PARK, an_entry(-1))
    user.disconnect("phone")
    user.connect("phone", NOW)
    later = pushed(user.answer([an_entry(-1)], NOW))
    assert user.ack("phone", event, NOW) == [WriteDelivered(event)]
    assert user.written(event) == []
    assert user.awaited.deadline is not None
    assert finish(user, later) == [WriteDelivered(later), QueryInbox()]
