"""An erasure of the user stops the pushes in flight. Their late acks are still written."""

import pytest

from delivery.core.decision_types import (
    Event,
    Push,
    QueryInbox,
    Settle,
    SettleOutcome,
    WriteDelivered,
)
from delivery.core.event_size import EVENT_ITEMS
from delivery.core.rules import Rules
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
from tests.delivery.core.world import World

# ── events in flight ──────────────────────────────────────────────────────────────────────────────


def test_event_in_flight_is_settled_and_the_user_catches_up() -> None:
    user = live_user()
    take(user, a_record(1), a_record(2))
    assert user.erase(id_of(2)) == [
        Settle([a_record(1), a_record(2)], SettleOutcome.ERASED),
        QueryInbox(),
    ]
    assert state_of(user) is UserState.CATCHING_UP
    assert user.answer([], NOW) == []
    assert state_of(user) is UserState.LIVE


def test_erased_event_is_pushed_neither_again_nor_to_a_new_connection() -> None:
    user = live_user()
    take(user, a_record(1))
    user.erase(id_of(1))
    assert user.awaited.deadline is None
    assert user.overdue(after(TIMEOUT)) == []
    assert user.connect("laptop", NOW) == []
    assert user.answer([], NOW) == [QueryInbox()], "the laptop joined during the query"
    assert user.answer([], NOW) == []


def test_queued_records_are_settled_and_never_pushed() -> None:
    user = live_user()
    take(user, a_record(1))
    take(user, a_record(2), a_record(3))
    assert user.erase(id_of(2))[:2] == [
        Settle([a_record(1), a_record(2)], SettleOutcome.ERASED),
        Settle([a_record(3)], SettleOutcome.PARKED),
    ]
    assert user.next_event(NOW) == []
    assert pushed(user.answer([an_entry(3)], NOW)).ids == [id_of(3)]


def test_newer_items_of_the_event_stay_in_flight() -> None:
    user, event = user_catching_up(PARK, an_entry(1), an_entry(2))
    assert user.erase(id_of(1)) == []
    rest = Event(event.number, [an_entry(2)])
    (again,) = user.overdue(after(TIMEOUT))
    assert isinstance(again, Push)
    assert (again.event.number, again.event.items) == (rest.number, rest.items)
    assert user.ack("phone", event, NOW) == [WriteDelivered(event)]
    assert user.written(event) == [QueryInbox()]


def test_parked_record_is_not_settled_twice() -> None:
    user = live_user()
    take(user, a_record(1))
    assert user.make_room() == [Settle([a_record(1)], SettleOutcome.PARKED)]
    assert user.erase(id_of(1)) == [QueryInbox()]


# ── acknowledgements ──────────────────────────────────────────────────────────────────────────────


def test_late_ack_is_written_and_settles_nothing() -> None:
    user = live_user()
    event = pushed(take(user, a_record(1)))
    user.erase(id_of(1))
    user.answer([], NOW)
    assert finish(user, event) == [WriteDelivered(event)]
    assert state_of(user) is UserState.LIVE


def test_late_ack_does_not_end_a_later_event() -> None:
    user = live_user()
    event = pushed(take(user, a_record(1)))
    user.erase(id_of(1))
    newer = pushed(user.answer([an_entry(2)], NOW))
    assert user.ack("phone", event, NOW) == [WriteDelivered(event)]
    assert user.awaited.event is newer
    assert user.written(event) == []
    assert finish(user, newer) == [WriteDelivered(newer), QueryInbox()]


def test_acked_event_stays_in_flight_until_it_is_written() -> None:
    user = live_user()
    event = pushed(take(user, a_record(1)))
    user.ack("phone", event, NOW)
    assert user.erase(id_of(1)) == []
    assert user.written(event) == [Settle([a_record(1)], SettleOutcome.ACKED), QueryInbox()]


# ── answers of the inbox ──────────────────────────────────────────────────────────────────────────


def test_page_requested_before_the_erasure_is_requested_again() -> None:
    user = User(PARK)
    user.connect("phone", NOW)
    assert user.erase(id_of(1)) == [], "a query is under way already"
    assert user.answer([an_entry(1)], NOW) == [QueryInbox()]
    assert pushed(user.answer([an_entry(2)], NOW)).ids == [id_of(2)]


def test_old_page_is_void_even_after_the_user_left_and_came_back() -> None:
    user = User(PARK)
    user.connect("phone", NOW)
    user.erase(id_of(1))
    user.disconnect("phone")
    assert user.connect("phone", NOW) == []
    assert user.answer([an_entry(1)], NOW) == [QueryInbox()]
    assert user.answer([], NOW) == []


def test_old_page_for_an_offline_user_does_not_void_the_next() -> None:
    user = User(PARK)
    user.connect("phone", NOW)
    user.erase(id_of(1))
    user.disconnect("phone")
    assert user.answer([an_entry(1)], NOW) == []
    assert user.connect("phone", NOW) == [QueryInbox()]
    assert pushed(user.answer([an_entry(2)], NOW)).ids == [id_of(2)]


# ── later records ─────────────────────────────────────────────────────────────────────────────────


def test_late_record_from_before_the_erasure_makes_the_user_catch_up() -> None:
    user = live_user()
    user.erase(id_of(5))
    user.answer([], NOW)
    late = a_record(4)
    assert take(user, late) == [Settle([late], SettleOutcome.PARKED), QueryInbox()]
    assert user.answer([], NOW) == []
    assert take(user, a_record(6)) != []


def test_erasure_does_not_lower_the_floor() -> None:
    user = live_user()
    finish(user, pushed(take(user, a_record(9))))
    user.erase(id_of(5))
    user.answer([], NOW)
    assert take(user, a_record(9)) == [Settle([a_record(9)], SettleOutcome.PARKED), QueryInbox()]


def test_connection_two_erased_events_behind_is_ended() -> None:
    user = live_user()
    for number in (1, 2):
        event = pushed(take(user, a_record(number)))
        user.erase(id_of(number))
        user.answer([], NOW)
        assert event.ids == [id_of(number)]
    user.connect("laptop", NOW)
    user.answer([], NOW)
    behind, push = take(user, a_record(3), now=after(TIMEOUT))
    assert (type(behind).__name__, type(push).__name__) == ("Disconnect", "Push")


# ── offline users, and `hold` ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rules", [PARK, HOLD])
def test_offline_user_stays_offline(rules: Rules) -> None:
    user = live_user(rules)
    event = pushed(take(user, a_record(1)))
    user.ack("phone", event, NOW)
    user.disconnect("phone")
    assert user.erase(id_of(1)) == []
    assert state_of(user) is UserState.OFFLINE
    assert user.written(event) == [Settle([a_record(1)], SettleOutcome.ACKED)]
    assert user.is_idle


def test_under_hold_the_inbox_is_queried_before_any_record_is_settled() -> None:
    user = live_user(HOLD)
    take(user, a_record(1))
    take(user, *(a_record(number) for number in range(2, 4)))
    assert user.erase(id_of(2)) == [QueryInbox()]
    assert user.held_ids == [id_of(1), id_of(2), id_of(3)]
    event = pushed(user.answer([an_entry(3)], NOW))
    assert finish(user, event)[1:] == [Settle([a_record(3)], SettleOutcome.ACKED), QueryInbox()]
    assert user.answer([], NOW) == [Settle([a_record(1), a_record(2)], SettleOutcome.NOT_OWED)]


def test_under_hold_records_of_an_offline_user_stay_held() -> None:
    user = User(HOLD)
    take(user, a_record(1))
    assert user.erase(id_of(1)) == []
    assert user.no_longer_owed(user.held_ids, NOW) == [
        Settle([a_record(1)], SettleOutcome.NOT_OWED)
    ]
    assert user.is_idle


def test_under_hold_records_of_a_page_in_flight_are_left_to_the_inbox() -> None:
    user = User(HOLD)
    records = [a_record(number) for number in range(EVENT_ITEMS)]
    take(user, *records)
    user.connect("phone", NOW)
    user.answer([an_entry(number) for number in range(EVENT_ITEMS)], NOW)
    assert user.erase(id_of(EVENT_ITEMS)) == [QueryInbox()]
    assert user.answer([], NOW) == [Settle(records, SettleOutcome.NOT_OWED)]


def test_both_acks_are_accepted_if_an_erasure_stops_a_push_that_is_repeated() -> None:
    world = World(hold=False)
    # The first producer's clock is ahead, so the erasure covers ids up to 5 s from now. The second
    # notification is created just after the erasure, with an id below its `up_to`.
    world.notes.create(world.now.unix + 5)
    client = world.connect()
    world.notes.erase(world.now.unix)
    world.notes.create(world.now.unix)
    (question,) = world.owner.questions
    world.run_query(question)
    world.answer(question)
    assert len(client.unacked) == 1
    world.come_to_rest()
    assert len(client.acked) == 2, "pushed, dropped, and pushed again"
    world.check_rest()
