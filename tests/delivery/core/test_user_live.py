"""Users who are fed from the log, and the causes that make them catch up again."""

from delivery.core.decision_types import (
    Push,
    QueryInbox,
    Settle,
    SettleOutcome,
    WriteDelivered,
)
from delivery.core.event_size import EVENT_BYTES, EVENT_ITEMS
from delivery.core.user_state_machine import UserState
from tests.delivery.core.one_user import (
    BEGIN,
    NOW,
    PARK,
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

# ── live ──────────────────────────────────────────────────────────────────────────────────────────


def test_live_user_is_fed_from_the_log() -> None:
    user = live_user()
    event = pushed(take(user, a_record(1), a_record(2)))
    assert event.ids == [id_of(1), id_of(2)]
    assert user.ack("phone", event, NOW) == [WriteDelivered(event)]
    assert user.written(event) == [Settle([a_record(1), a_record(2)], SettleOutcome.ACKED)]
    assert state_of(user) is UserState.LIVE


def test_records_are_queued_for_one_event_while_another_awaits_its_ack() -> None:
    user = live_user()
    first = pushed(take(user, a_record(1)))
    assert take(user, a_record(2)) == []
    assert take(user, a_record(3)) == []
    decisions = user.ack("phone", first, NOW)
    assert decisions[0] == WriteDelivered(first)
    assert pushed(decisions).ids == [id_of(2), id_of(3)]


def test_event_has_at_most_fifty_notifications() -> None:
    user = live_user()
    records = [a_record(number) for number in range(EVENT_ITEMS + 5)]
    first = pushed(take(user, *records))
    assert len(first.items) == EVENT_ITEMS
    assert pushed(user.ack("phone", first, NOW)).items == records[EVENT_ITEMS:]


def test_event_has_at_most_64_kib() -> None:
    user = live_user()
    half = EVENT_BYTES // 2
    first = pushed(take(user, *(a_record(number, size=half) for number in range(3))))
    assert first.ids == [id_of(0), id_of(1)]
    assert pushed(user.ack("phone", first, NOW)).ids == [id_of(2)]


def test_record_above_64_kib_gets_an_event_of_its_own() -> None:
    user = live_user()
    first = pushed(take(user, a_record(1, size=EVENT_BYTES + 1), a_record(2)))
    assert first.ids == [id_of(1)]
    assert pushed(user.ack("phone", first, NOW)).ids == [id_of(2)]


def test_record_larger_than_the_queue_is_left_to_the_inbox() -> None:
    user = live_user()
    assert take(user, a_record(1, size=2 * EVENT_BYTES + 1))[-1] == QueryInbox()


def test_record_that_expires_in_the_queue_is_not_pushed() -> None:
    user = live_user()
    first = pushed(take(user, a_record(1)))
    soon = a_record(2, expires_at=BEGIN + 1)
    take(user, soon, a_record(3))
    _, settle, push = user.ack("phone", first, after(1))
    assert settle == Settle([soon], SettleOutcome.EXPIRED)
    assert pushed([push]).ids == [id_of(3)]


def test_fully_expired_queue_leaves_no_event_to_await() -> None:
    user = live_user()
    first = pushed(take(user, a_record(1)))
    soon = a_record(2, expires_at=BEGIN + 1)
    take(user, soon)
    assert user.ack("phone", first, after(1))[1:] == [Settle([soon], SettleOutcome.EXPIRED)]
    assert user.awaited.deadline is None


# ── live → catching up ────────────────────────────────────────────────────────────────────────────


def test_full_queue_is_left_to_the_inbox() -> None:
    user = live_user()
    take(user, a_record(0))
    queued = [a_record(number) for number in range(1, 2 * EVENT_ITEMS + 1)]
    assert take(user, *queued) == []
    assert state_of(user) is UserState.LIVE
    extra = a_record(200)
    assert take(user, extra) == [
        Settle(queued, SettleOutcome.PARKED),
        Settle([extra], SettleOutcome.PARKED),
    ]
    assert state_of(user) is UserState.CATCHING_UP


def test_queue_is_also_full_by_its_bytes() -> None:
    user = live_user()
    take(user, a_record(0))
    filling = a_record(1, size=EVENT_BYTES), a_record(2, size=EVENT_BYTES)
    assert take(user, *filling) == []
    take(user, a_record(3, size=1))
    assert state_of(user) is UserState.CATCHING_UP


def test_pushed_records_free_their_room_in_the_queue() -> None:
    user = live_user()
    event = pushed(take(user, a_record(0)))
    for number in range(1, 10):
        assert take(user, a_record(number, size=EVENT_BYTES)) == []
        event = pushed(finish(user, event))
    assert state_of(user) is UserState.LIVE


def test_queue_left_to_the_inbox_takes_no_room() -> None:
    user = live_user()
    event = pushed(take(user, a_record(0)))
    take(user, a_record(1, size=EVENT_BYTES), a_record(2, size=EVENT_BYTES))
    user.connect("laptop", NOW)
    finish(user, event)
    user.answer([], NOW)
    assert state_of(user) is UserState.LIVE
    take(user, a_record(3, size=EVENT_BYTES), a_record(4, size=EVENT_BYTES))
    assert state_of(user) is UserState.LIVE


def test_repeat_of_a_pushed_record_makes_the_user_catch_up() -> None:
    user = live_user()
    finish(user, pushed(take(user, a_record(5))))
    again = a_record(5)
    assert take(user, again) == [Settle([again], SettleOutcome.PARKED), QueryInbox()]
    assert state_of(user) is UserState.CATCHING_UP


def test_id_below_a_queued_one_makes_the_user_catch_up_and_is_pushed() -> None:
    user = live_user()
    event = pushed(take(user, a_record(5)))
    late = a_record(4)
    assert take(user, late) == [Settle([late], SettleOutcome.PARKED)]
    assert finish(user, event)[-1] == QueryInbox()
    assert pushed(user.answer([an_entry(4)], NOW)).ids == [id_of(4)]


def test_id_from_before_the_connection_makes_the_user_catch_up() -> None:
    user, earlier = live_user(), a_record(-1)
    assert take(user, earlier) == [Settle([earlier], SettleOutcome.PARKED), QueryInbox()]


def test_id_that_was_pushed_from_the_inbox_makes_the_user_catch_up() -> None:
    user, event = user_catching_up(PARK, an_entry(7))
    finish(user, event)
    user.answer([], NOW)
    assert state_of(user) is UserState.LIVE
    assert take(user, a_record(7))[-1] == QueryInbox()


def test_page_does_not_lower_the_floor() -> None:
    user, event = user_catching_up(PARK, an_entry(-7))
    finish(user, event)
    user.answer([], NOW)
    assert take(user, a_record(-6))[-1] == QueryInbox()


def test_record_with_a_collapse_key_makes_the_user_catch_up() -> None:
    user, record = live_user(), a_record(1, collapses=True)
    assert take(user, record) == [Settle([record], SettleOutcome.PARKED), QueryInbox()]


def test_new_connection_gets_the_event_in_flight_and_the_user_catches_up() -> None:
    user = live_user()
    first, second = a_record(1), a_record(2)
    event = pushed(take(user, first))
    take(user, second)
    assert user.connect("laptop", after(1)) == [
        Push(event, ("laptop",)),
        Settle([second], SettleOutcome.PARKED),
    ]
    assert state_of(user) is UserState.CATCHING_UP
    assert user.ack("laptop", event, NOW) == [WriteDelivered(event)]
    assert user.written(event) == [Settle([first], SettleOutcome.ACKED), QueryInbox()]


def test_inbox_is_not_queried_while_an_ack_is_being_written() -> None:
    user = live_user()
    event = pushed(take(user, a_record(1)))
    user.ack("phone", event, NOW)
    assert user.connect("laptop", NOW) == []
    assert user.written(event)[-1] == QueryInbox()


def test_new_connection_raises_the_floor() -> None:
    user = live_user()
    user.connect("laptop", after(60))
    user.answer([], after(60))
    assert state_of(user) is UserState.LIVE
    assert take(user, a_record(1), now=after(60))[-1] == QueryInbox()


def test_new_connection_does_not_lower_the_floor() -> None:
    user, event = user_catching_up(PARK, an_entry(70))  # created by a producer whose clock is ahead
    finish(user, event)
    user.connect("laptop", NOW)
    user.answer([], NOW)
    user.answer([], NOW)
    assert state_of(user) is UserState.LIVE
    assert take(user, a_record(70))[-1] == QueryInbox()
