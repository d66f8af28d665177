"""Under `hold`, a record stays unsettled until its notification is acked."""

from delivery.core.decision_types import (
    Disconnect,
    Fault,
    Push,
    QueryInbox,
    Settle,
    SettleOutcome,
)
from delivery.core.event_size import EVENT_ITEMS
from delivery.core.user_state_machine import User, UserState
from tests.delivery.core.one_user import (
    BEGIN,
    HOLD,
    NOW,
    TIMEOUT,
    a_record,
    after,
    an_entry,
    id_of,
    live_user,
    pushed,
    state_of,
    take,
)


def test_record_of_an_offline_user_is_held() -> None:
    user = User(HOLD)
    assert take(user, a_record(1)) == []
    assert user.held_ids == [id_of(1)]
    assert not user.is_idle


def test_ack_of_an_inbox_notification_settles_its_held_record() -> None:
    user = User(HOLD)
    record, repeat = a_record(1), a_record(1)._replace(offset=9_999)
    take(user, record, repeat)
    user.connect("phone", NOW)
    event = pushed(user.answer([an_entry(1)], NOW))
    assert user.held_ids == []  # it is in flight, so the inbox is not asked about it
    user.ack("phone", event, NOW)
    assert user.written(event) == [Settle([record, repeat], SettleOutcome.ACKED), QueryInbox()]


def test_record_whose_ack_is_blocked_is_held_until_the_ack_is_written() -> None:
    user = live_user(HOLD)
    record = a_record(1)
    event = pushed(take(user, record))
    user.ack("phone", event, NOW)
    assert user.make_room(event.ids) == []
    assert user.connect("laptop", NOW) == [QueryInbox()]
    assert user.answer([an_entry(1)], NOW) == [], "the inbox still owes it"
    assert state_of(user) is UserState.LIVE
    assert user.written(event) == [Settle([record], SettleOutcome.ACKED)]


def test_leaving_and_a_full_queue_settle_nothing() -> None:
    user = live_user(HOLD)
    records = [a_record(number) for number in range(2 * EVENT_ITEMS + 60)]
    assert [type(decision) for decision in take(user, records[0])] == [Push]
    assert take(user, *records[1:]) == []
    assert state_of(user) is UserState.CATCHING_UP
    assert user.disconnect("phone") == []
    assert sorted(user.held_ids) == [record.id for record in records]


def test_silent_client_settles_nothing() -> None:
    user = live_user(HOLD)
    take(user, a_record(1))
    for attempt in (1, 2):
        user.overdue(after(attempt * TIMEOUT))
    assert user.overdue(after(3 * TIMEOUT)) == [Disconnect("phone", Fault.SILENT)]
    assert user.held_ids == [id_of(1)]


def test_making_room_does_nothing() -> None:
    user = live_user(HOLD)
    take(user, a_record(1))
    take(user, a_record(2))
    assert user.make_room() == []
    assert state_of(user) is UserState.LIVE


def test_record_that_is_no_longer_owed_is_settled() -> None:
    user = User(HOLD)
    take(user, a_record(1), a_record(2, expires_at=BEGIN + 5), a_record(3))
    decisions = user.no_longer_owed([id_of(1), id_of(2), "a stranger"], after(5))
    assert decisions == [
        Settle([a_record(2, expires_at=BEGIN + 5)], SettleOutcome.EXPIRED),
        Settle([a_record(1)], SettleOutcome.NOT_OWED),
    ]
    assert user.held_ids == [id_of(3)]
    assert user.no_longer_owed([id_of(3)], NOW) == [Settle([a_record(3)], SettleOutcome.NOT_OWED)]
    assert user.is_idle


def test_record_now_in_flight_is_left_to_its_ack() -> None:
    user = User(HOLD)
    take(user, a_record(1))
    user.connect("phone", NOW)
    event = pushed(user.answer([an_entry(1)], NOW))
    assert user.no_longer_owed([id_of(1)], NOW) == []
    user.ack("phone", event, NOW)
    assert user.written(event)[0] == Settle([a_record(1)], SettleOutcome.ACKED)


def test_all_held_records_are_settled_if_the_inbox_owes_nothing() -> None:
    user = User(HOLD)
    take(user, a_record(-2), a_record(-1, expires_at=BEGIN + 1))
    user.connect("phone", NOW)
    assert user.answer([], after(1)) == [
        Settle([a_record(-1, expires_at=BEGIN + 1)], SettleOutcome.EXPIRED),
        Settle([a_record(-2)], SettleOutcome.NOT_OWED),
    ]
    assert state_of(user) is UserState.LIVE


def test_record_held_after_the_query_is_not_settled_by_the_answer() -> None:
    user = User(HOLD)
    user.connect("phone", NOW)
    take(user, a_record(1))
    assert user.answer([], NOW) == [QueryInbox()]
    assert user.held_ids == [id_of(1)]
