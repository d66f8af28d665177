"""Records of a user are parked, to make room in the window of the partition."""

from delivery.core.decision_types import (
    QueryInbox,
    ReportParked,
    Settle,
    SettleOutcome,
    WriteDelivered,
)
from delivery.core.user_state_machine import UserState
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


def test_user_waits_from_the_push_while_a_record_depends_on_the_ack() -> None:
    user = live_user()
    event = pushed(take(user, a_record(1), now=after(3)))
    assert user.waiting_since == 3
    user.overdue(after(3 + TIMEOUT))
    assert user.waiting_since == 3  # pushing again does not reset it
    user.ack("phone", event, NOW)
    assert user.waiting_since is None


def test_inbox_notifications_take_no_room_in_the_window() -> None:
    user, _ = user_catching_up()
    assert user.waiting_since is None
    assert user.make_room() == []


def test_making_room_parks_records_and_keeps_the_push_in_flight() -> None:
    user = live_user()
    event = pushed(take(user, a_record(1)))
    take(user, a_record(2))
    assert user.make_room() == [
        Settle([a_record(1)], SettleOutcome.PARKED),
        Settle([a_record(2)], SettleOutcome.PARKED),
    ]
    assert state_of(user) is UserState.CATCHING_UP
    assert user.waiting_since is None
    assert user.make_room() == []
    assert user.awaited.deadline == TIMEOUT
    assert user.ack("phone", event, NOW) == [WriteDelivered(event)]
    assert user.written(event) == [QueryInbox()]


def test_after_making_room_the_inbox_is_queried_only_after_the_ack_is_written() -> None:
    user = live_user()
    event = pushed(take(user, a_record(1)))
    user.make_room()
    user.ack("phone", event, NOW)
    assert user.connect("laptop", NOW) == []
    assert user.written(event) == [QueryInbox()]


def test_record_parked_for_room_is_not_parked_again_when_the_user_leaves() -> None:
    user = live_user()
    take(user, a_record(1))
    user.make_room()
    assert user.disconnect("phone") == [ReportParked([a_record(1).id], attempts=1)]


def test_making_room_does_nothing_if_nothing_waits_for_an_ack() -> None:
    user = live_user()
    event = pushed(take(user, a_record(1)))
    user.ack("phone", event, NOW)
    assert user.make_room() == []
    assert state_of(user) is UserState.LIVE
    assert user.written(event) == [Settle([a_record(1)], SettleOutcome.ACKED)]


# ── acks that cannot be written ───────────────────────────────────────────────────────────────────


def test_an_ack_that_cannot_be_written_holds_up_neither_its_offset_nor_its_user() -> None:
    user = live_user()
    event = pushed(take(user, a_record(1)))
    user.ack("phone", event, NOW)
    assert user.make_room(event.ids) == [Settle([a_record(1)], SettleOutcome.PARKED)]
    assert user.make_room(event.ids) == []
    assert pushed(take(user, a_record(2))).ids == [id_of(2)], "the user is still served"
    assert not user.is_idle
    assert user.written(event) == []


def test_a_user_catches_up_although_an_ack_cannot_be_written() -> None:
    user, event = user_catching_up(PARK, an_entry(1))
    user.ack("phone", event, NOW)
    assert user.make_room(event.ids) == [QueryInbox()]
    other = pushed(user.answer([an_entry(1), an_entry(2)], NOW))
    assert other.ids == [id_of(2)], "the client has the first one"
    assert finish(user, other) == [WriteDelivered(other), QueryInbox()]
    assert user.answer([an_entry(1)], NOW) == []
    assert state_of(user) is UserState.LIVE
    assert user.written(event) == []


def test_under_hold_the_record_of_an_ack_that_cannot_be_written_is_held() -> None:
    user = live_user(HOLD)
    event = pushed(take(user, a_record(1)))
    user.ack("phone", event, NOW)
    assert user.make_room(event.ids) == []
    assert user.held_ids == [], "the inbox cannot release what is acked"
    assert user.written(event) == [Settle([a_record(1)], SettleOutcome.ACKED)]
