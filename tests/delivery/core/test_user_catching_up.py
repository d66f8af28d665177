"""Users who are fed from the inbox, from their first connection until they are live."""

from delivery.core.decision_types import (
    Push,
    QueryInbox,
    Settle,
    SettleOutcome,
    WriteDelivered,
)
from delivery.core.event_size import EVENT_BYTES, EVENT_ITEMS
from delivery.core.user_state_machine import User, UserState
from tests.delivery.core.one_user import (
    BEGIN,
    NOW,
    PARK,
    a_record,
    an_entry,
    id_of,
    pushed,
    state_of,
    take,
    user_catching_up,
)

# ── offline → catching up ─────────────────────────────────────────────────────────────────────────


def test_first_connection_queries_the_inbox() -> None:
    user = User(PARK)
    assert user.connect("phone", NOW) == [QueryInbox()]
    assert state_of(user) is UserState.CATCHING_UP
    assert not user.is_idle


def test_user_sends_one_query_at_a_time() -> None:
    user = User(PARK)
    user.connect("phone", NOW)
    assert user.connect("laptop", NOW) == []
    assert user.disconnect("phone") == []
    assert user.disconnect("laptop") == []
    assert not user.is_idle  # if the owner forgot the user, a new user object would query again
    assert user.connect("phone", NOW) == []


# ── catching up ───────────────────────────────────────────────────────────────────────────────────


def test_page_is_pushed_to_all_connections() -> None:
    user = User(PARK)
    user.connect("phone", NOW)
    user.connect("laptop", NOW)
    (push,) = user.answer([an_entry(-2), an_entry(-1)], NOW)
    assert isinstance(push, Push)
    assert push.connections == ("phone", "laptop")
    assert push.event.ids == [id_of(-2), id_of(-1)]


def test_next_page_is_requested_only_after_the_ack_is_written() -> None:
    user, event = user_catching_up()
    assert user.ack("phone", event, NOW) == [WriteDelivered(event)]
    assert user.written(event) == [QueryInbox()]


def test_record_that_arrives_while_catching_up_is_parked() -> None:
    user, _ = user_catching_up()
    record = a_record(1)
    assert take(user, record) == [Settle([record], SettleOutcome.PARKED)]


def test_pushed_page_has_at_most_fifty_notifications() -> None:
    page = [an_entry(number) for number in range(-EVENT_ITEMS - 5, 0)]
    _, event = user_catching_up(PARK, *page)
    assert event.ids == [entry.id for entry in page[:EVENT_ITEMS]]


def test_pushed_page_has_at_most_64_kib() -> None:
    third = EVENT_BYTES // 3
    _, event = user_catching_up(PARK, *(an_entry(number, size=third) for number in range(-5, 0)))
    assert event.ids == [id_of(-5), id_of(-4), id_of(-3)]
    _, event = user_catching_up(
        PARK, *(an_entry(number, size=third + 1) for number in range(-5, 0))
    )
    assert event.ids == [id_of(-5), id_of(-4)]


def test_notification_above_64_kib_gets_an_event_of_its_own() -> None:
    _, event = user_catching_up(PARK, an_entry(-2, size=EVENT_BYTES + 1), an_entry(-1))
    assert event.ids == [id_of(-2)]


def test_notification_that_expired_on_the_way_from_the_inbox_is_not_pushed() -> None:
    user = User(PARK)
    user.connect("phone", NOW)
    page = [an_entry(-3, expires_at=BEGIN), an_entry(-2), an_entry(-1, expires_at=BEGIN + 1)]
    assert pushed(user.answer(page, NOW)).ids == [id_of(-2), id_of(-1)]


def test_fully_expired_page_is_followed_by_another_query() -> None:
    user = User(PARK)
    user.connect("phone", NOW)
    assert user.answer([an_entry(-1, expires_at=BEGIN)], NOW) == [QueryInbox()]
    assert state_of(user) is UserState.CATCHING_UP


# ── catching up → live ────────────────────────────────────────────────────────────────────────────


def test_empty_answer_makes_the_user_live() -> None:
    user = User(PARK)
    user.connect("phone", NOW)
    assert user.answer([], NOW) == []
    assert state_of(user) is UserState.LIVE
    assert not user.is_idle


def test_empty_answer_does_not_make_the_user_live_if_a_record_was_parked_since() -> None:
    user = User(PARK)
    user.connect("phone", NOW)
    user.receive(a_record(1), NOW)
    assert user.answer([], NOW) == [QueryInbox()]
    assert state_of(user) is UserState.CATCHING_UP
    assert user.answer([], NOW) == []
    assert state_of(user) is UserState.LIVE


def test_answer_is_not_pushed_after_all_connections_left() -> None:
    user = User(PARK)
    user.connect("phone", NOW)
    user.disconnect("phone")
    assert user.answer([an_entry(-1)], NOW) == []
    assert state_of(user) is UserState.OFFLINE
    assert user.is_idle
    assert user.connect("phone", NOW) == [QueryInbox()]


def test_empty_answer_does_not_make_an_offline_user_live() -> None:
    user = User(PARK)
    user.connect("phone", NOW)
    user.disconnect("phone")
    assert user.answer([], NOW) == []
    assert state_of(user) is UserState.OFFLINE


def test_empty_answer_from_before_a_reconnection_does_not_make_the_user_live() -> None:
    user = User(PARK)
    user.connect("phone", NOW)
    user.disconnect("phone")
    user.connect("phone", NOW)
    assert user.answer([], NOW) == [QueryInbox()]


# ── acks that cannot be written ───────────────────────────────────────────────────────────────────


def test_a_page_whose_acks_are_blocked_does_not_hide_what_is_owed_beyond_it() -> None:
    user = User(PARK)
    user.connect("phone", NOW)
    page = [an_entry(number) for number in range(-EVENT_ITEMS - 1, -1)]
    (push,) = user.answer(page, NOW)
    assert isinstance(push, Push)
    assert user.ack("phone", push.event, NOW) == [WriteDelivered(push.event)]
    assert user.make_room(push.event.ids) == [QueryInbox()]
    assert user.answer(page, NOW) == [QueryInbox(after=page[-1].id)]
    (push,) = user.answer([an_entry(-1)], NOW)
    assert isinstance(push, Push)
    assert push.event.ids == [id_of(-1)]
    assert state_of(user) is UserState.CATCHING_UP
    user.ack("phone", push.event, NOW)
    assert user.written(push.event) == [QueryInbox()]
    assert user.answer(page, NOW) == [QueryInbox(after=page[-1].id)]
    record = a_record(1)
    assert user.receive(record, NOW) == [Settle([record], SettleOutcome.PARKED)]
    assert user.answer([], NOW) == [QueryInbox()], "the answer may lack the record"
    user.answer(page, NOW)
    user.answer([], NOW)
    assert state_of(user) is UserState.LIVE


def test_a_record_that_came_before_the_query_for_a_later_page_is_not_forgotten() -> None:
    page = [an_entry(number) for number in range(-EVENT_ITEMS, 0)]
    user, event = user_catching_up(PARK, *page)
    user.ack("phone", event, NOW)
    user.make_room(event.ids)
    user.receive(a_record(1), NOW)
    assert user.answer(page, NOW) == [QueryInbox(after=page[-1].id)]
    assert user.answer([], NOW) == [QueryInbox()]
