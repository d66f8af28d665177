"""A user at the owner, arrow by arrow and rule by rule: examples to read."""

from collections.abc import Sequence

import pytest

from delivery.core.decisions import (
    Decision,
    Disconnect,
    Event,
    Fault,
    LookUp,
    Outcome,
    Push,
    Settle,
    WriteDelivered,
)
from delivery.core.record import Entry, Record
from delivery.core.user import EVENT_BYTES, EVENT_ITEMS, Rules, State, User
from producer_api.contract.ids import floor_id

_NOW = 1_700_000_000.0
_TIMEOUT = 10.0
_PARK = Rules(_TIMEOUT, ack_attempts=3)
_HOLD = Rules(_TIMEOUT, ack_attempts=3, hold=True)


def _id(number: float) -> str:
    """Rising with the number; above the floor of a user who has connected at _NOW from 0 on."""
    return floor_id(int(_NOW * 1000) + int(number * 10) + 1)


def _record(
    number: float, *, size: int = 10, expires_at: float | None = None, collapses: bool = False
) -> Record:
    offset = int(number * 10) + 1_000
    return Record(_id(number), bytes(size), expires_at, "ana", collapses, 0, offset, 1)


def _entry(number: float, *, size: int = 10, expires_at: float | None = None) -> Entry:
    return Entry(_id(number), bytes(size), expires_at)


def _state(user: User) -> State:
    return user.state  # as it is now: a type checker would believe the last assertion


def _live(rules: Rules = _PARK, *connections: str) -> User:
    """Connected, and caught up with an inbox that owed nothing."""
    user = User(rules)
    for connection in connections or ("phone",):
        user.connect(connection, _NOW)
    user.answer([], _NOW)
    if user.state is not State.LIVE:  # the second connection came while the inbox was asked
        user.answer([], _NOW)
    assert _state(user) is State.LIVE
    return user


def _take(user: User, *records: Record, now: float = _NOW) -> list[Decision]:
    """As the owner feeds what one fetch has brought."""
    decisions = [decision for record in records for decision in user.receive(record, now)]
    return decisions + user.next_event(now)


def _pushed(decisions: Sequence[Decision]) -> Event:
    """The event of the one push among them."""
    (push,) = [decision for decision in decisions if isinstance(decision, Push)]
    return push.event


def _catching_up(rules: Rules = _PARK, *page: Entry) -> tuple[User, Event]:
    """Connected, and pushed the first page of what the inbox owes."""
    user = User(rules)
    user.connect("phone", _NOW)
    return user, _pushed(user.answer(page or [_entry(-5)], _NOW))


def _finish(user: User, event: Event, now: float = _NOW) -> list[Decision]:
    """The phone acknowledges the event, and that is written."""
    return [*user.ack("phone", event, now), *user.written(event)]


# ── offline ────────────────────────────────────────────────────────────────────────────────────


def test_nobody_is_there_at_first() -> None:
    user = User(_PARK)
    assert _state(user) is State.OFFLINE
    assert user.is_idle
    assert user.deadline is None
    assert user.waiting_since is None


def test_a_record_of_an_offline_user_is_parked() -> None:
    user, record = User(_PARK), _record(1)
    assert _take(user, record) == [Settle([record], Outcome.PARKED)]
    assert user.is_idle


@pytest.mark.parametrize("rules", [_PARK, _HOLD])
def test_what_has_expired_is_settled_as_that_in_any_state(rules: Rules) -> None:
    record = _record(1, expires_at=_NOW)
    expected: list[Decision] = [Settle((record,), Outcome.EXPIRED)]
    assert _take(User(rules), record) == expected
    assert _take(_catching_up(rules)[0], record) == expected
    assert _take(_live(rules), record) == expected


# ── offline → catching up ──────────────────────────────────────────────────────────────────────


def test_the_first_connection_asks_the_inbox() -> None:
    user = User(_PARK)
    assert user.connect("phone", _NOW) == [LookUp()]
    assert _state(user) is State.CATCHING_UP
    assert not user.is_idle


def test_the_inbox_is_asked_once_at_a_time() -> None:
    user = User(_PARK)
    user.connect("phone", _NOW)
    assert user.connect("laptop", _NOW) == []
    assert user.disconnect("phone") == []
    assert user.disconnect("laptop") == []
    assert not user.is_idle  # a new user would ask again
    assert user.connect("phone", _NOW) == []


# ── catching up ────────────────────────────────────────────────────────────────────────────────


def test_what_the_inbox_owes_is_pushed_to_all_connections() -> None:
    user = User(_PARK)
    user.connect("phone", _NOW)
    user.connect("laptop", _NOW)
    (push,) = user.answer([_entry(-2), _entry(-1)], _NOW)
    assert isinstance(push, Push)
    assert push.connections == ("phone", "laptop")
    assert push.event.ids == [_id(-2), _id(-1)]


def test_the_next_page_is_asked_for_when_the_ack_is_written_and_not_before() -> None:
    user, event = _catching_up()
    assert user.ack("phone", event, _NOW) == [WriteDelivered(event)]
    assert user.written(event) == [LookUp()]


def test_a_record_that_arrives_meanwhile_is_parked() -> None:
    user, _ = _catching_up()
    record = _record(1)
    assert _take(user, record) == [Settle([record], Outcome.PARKED)]


def test_a_page_is_fifty_notifications_at_most() -> None:
    page = [_entry(number) for number in range(-EVENT_ITEMS - 5, 0)]
    _, event = _catching_up(_PARK, *page)
    assert event.ids == [entry.id for entry in page[:EVENT_ITEMS]]


def test_a_page_is_64_kib_at_most() -> None:
    third = EVENT_BYTES // 3
    _, event = _catching_up(_PARK, *(_entry(number, size=third) for number in range(-5, 0)))
    assert event.ids == [_id(-5), _id(-4), _id(-3)]
    _, event = _catching_up(_PARK, *(_entry(number, size=third + 1) for number in range(-5, 0)))
    assert event.ids == [_id(-5), _id(-4)]


def test_a_notification_larger_than_that_goes_alone() -> None:
    _, event = _catching_up(_PARK, _entry(-2, size=EVENT_BYTES + 1), _entry(-1))
    assert event.ids == [_id(-2)]


def test_what_expired_on_the_way_from_the_inbox_is_not_pushed() -> None:
    user = User(_PARK)
    user.connect("phone", _NOW)
    page = [_entry(-3, expires_at=_NOW), _entry(-2), _entry(-1, expires_at=_NOW + 1)]
    assert _pushed(user.answer(page, _NOW)).ids == [_id(-2), _id(-1)]


def test_a_page_of_which_all_has_expired_says_nothing_of_what_lies_behind() -> None:
    user = User(_PARK)
    user.connect("phone", _NOW)
    assert user.answer([_entry(-1, expires_at=_NOW)], _NOW) == [LookUp()]
    assert _state(user) is State.CATCHING_UP


# ── catching up → live ─────────────────────────────────────────────────────────────────────────


def test_an_empty_answer_makes_live() -> None:
    user = User(_PARK)
    user.connect("phone", _NOW)
    assert user.answer([], _NOW) == []
    assert _state(user) is State.LIVE
    assert not user.is_idle


def test_an_empty_answer_counts_for_nothing_if_a_record_was_parked_since_it_was_asked() -> None:
    user = User(_PARK)
    user.connect("phone", _NOW)
    user.receive(_record(1), _NOW)
    assert user.answer([], _NOW) == [LookUp()]
    assert _state(user) is State.CATCHING_UP
    assert user.answer([], _NOW) == []
    assert _state(user) is State.LIVE


def test_an_answer_for_those_who_have_left_is_not_pushed_to_those_who_come() -> None:
    user = User(_PARK)
    user.connect("phone", _NOW)
    user.disconnect("phone")
    assert user.answer([_entry(-1)], _NOW) == []
    assert _state(user) is State.OFFLINE
    assert user.is_idle
    assert user.connect("phone", _NOW) == [LookUp()]


def test_an_empty_answer_for_those_who_have_left_makes_nobody_live() -> None:
    user = User(_PARK)
    user.connect("phone", _NOW)
    user.disconnect("phone")
    assert user.answer([], _NOW) == []
    assert _state(user) is State.OFFLINE


def test_an_answer_from_before_a_reconnection_is_good_for_a_page_but_not_for_live() -> None:
    user = User(_PARK)
    user.connect("phone", _NOW)
    user.disconnect("phone")
    user.connect("phone", _NOW)
    assert user.answer([], _NOW) == [LookUp()]


# ── live ───────────────────────────────────────────────────────────────────────────────────────


def test_a_live_user_is_fed_from_the_log() -> None:
    user = _live()
    event = _pushed(_take(user, _record(1), _record(2)))
    assert event.ids == [_id(1), _id(2)]
    assert user.ack("phone", event, _NOW) == [WriteDelivered(event)]
    assert user.written(event) == [Settle([_record(1), _record(2)], Outcome.ACKED)]
    assert _state(user) is State.LIVE


def test_one_event_awaits_its_ack_while_the_next_gathers() -> None:
    user = _live()
    first = _pushed(_take(user, _record(1)))
    assert _take(user, _record(2)) == []
    assert _take(user, _record(3)) == []
    decisions = user.ack("phone", first, _NOW)
    assert decisions[0] == WriteDelivered(first)
    assert _pushed(decisions).ids == [_id(2), _id(3)]


def test_an_event_is_fifty_notifications_at_most() -> None:
    user = _live()
    records = [_record(number) for number in range(EVENT_ITEMS + 5)]
    first = _pushed(_take(user, *records))
    assert len(first.items) == EVENT_ITEMS
    assert _pushed(user.ack("phone", first, _NOW)).items == records[EVENT_ITEMS:]


def test_an_event_is_64_kib_at_most() -> None:
    user = _live()
    half = EVENT_BYTES // 2
    first = _pushed(_take(user, *(_record(number, size=half) for number in range(3))))
    assert first.ids == [_id(0), _id(1)]
    assert _pushed(user.ack("phone", first, _NOW)).ids == [_id(2)]


def test_a_record_larger_than_that_goes_alone() -> None:
    user = _live()
    first = _pushed(_take(user, _record(1, size=EVENT_BYTES + 1), _record(2)))
    assert first.ids == [_id(1)]
    assert _pushed(user.ack("phone", first, _NOW)).ids == [_id(2)]


def test_a_record_larger_than_the_queue_is_left_to_the_inbox() -> None:
    user = _live()
    assert _take(user, _record(1, size=2 * EVENT_BYTES + 1))[-1] == LookUp()


def test_what_expires_in_the_queue_is_not_pushed() -> None:
    user = _live()
    first = _pushed(_take(user, _record(1)))
    soon = _record(2, expires_at=_NOW + 1)
    _take(user, soon, _record(3))
    _, settle, push = user.ack("phone", first, _NOW + 1)
    assert settle == Settle([soon], Outcome.EXPIRED)
    assert _pushed([push]).ids == [_id(3)]


def test_a_queue_of_which_all_expires_leaves_nothing_to_await() -> None:
    user = _live()
    first = _pushed(_take(user, _record(1)))
    soon = _record(2, expires_at=_NOW + 1)
    _take(user, soon)
    assert user.ack("phone", first, _NOW + 1)[1:] == [Settle([soon], Outcome.EXPIRED)]
    assert user.deadline is None


# ── live → catching up ─────────────────────────────────────────────────────────────────────────


def test_a_full_queue_is_left_to_the_inbox() -> None:
    user = _live()
    _take(user, _record(0))
    queued = [_record(number) for number in range(1, 2 * EVENT_ITEMS + 1)]
    assert _take(user, *queued) == []
    assert _state(user) is State.LIVE
    one_more = _record(200)
    assert _take(user, one_more) == [
        Settle(queued, Outcome.PARKED),
        Settle([one_more], Outcome.PARKED),
    ]
    assert _state(user) is State.CATCHING_UP


def test_a_queue_is_full_by_its_bytes_as_well() -> None:
    user = _live()
    _take(user, _record(0))
    half = _record(1, size=EVENT_BYTES), _record(2, size=EVENT_BYTES)
    assert _take(user, *half) == []
    _take(user, _record(3, size=1))
    assert _state(user) is State.CATCHING_UP


def test_room_in_the_queue_is_given_back() -> None:
    user = _live()
    event = _pushed(_take(user, _record(0)))
    for number in range(1, 10):
        assert _take(user, _record(number, size=EVENT_BYTES)) == []
        event = _pushed(_finish(user, event))
    assert _state(user) is State.LIVE


def test_a_queue_that_was_left_to_the_inbox_takes_no_room() -> None:
    user = _live()
    event = _pushed(_take(user, _record(0)))
    _take(user, _record(1, size=EVENT_BYTES), _record(2, size=EVENT_BYTES))
    user.connect("laptop", _NOW)
    _finish(user, event)
    user.answer([], _NOW)
    assert _state(user) is State.LIVE
    _take(user, _record(3, size=EVENT_BYTES), _record(4, size=EVENT_BYTES))
    assert _state(user) is State.LIVE


def test_an_id_that_was_pushed_makes_us_ask() -> None:
    user = _live()
    _finish(user, _pushed(_take(user, _record(5))))
    again = _record(5)
    assert _take(user, again) == [Settle([again], Outcome.PARKED), LookUp()]
    assert _state(user) is State.CATCHING_UP


def test_an_id_below_one_that_is_queued_makes_us_ask_and_is_not_suppressed() -> None:
    user = _live()
    event = _pushed(_take(user, _record(5)))
    late = _record(4)
    assert _take(user, late) == [Settle([late], Outcome.PARKED)]
    assert _finish(user, event)[-1] == LookUp()
    assert _pushed(user.answer([_entry(4)], _NOW)).ids == [_id(4)]


def test_an_id_from_before_the_connection_makes_us_ask() -> None:
    user, earlier = _live(), _record(-1)
    assert _take(user, earlier) == [Settle([earlier], Outcome.PARKED), LookUp()]


def test_an_id_that_the_inbox_gave_makes_us_ask() -> None:
    user, event = _catching_up(_PARK, _entry(7))
    _finish(user, event)
    user.answer([], _NOW)
    assert _state(user) is State.LIVE
    assert _take(user, _record(7))[-1] == LookUp()


def test_a_page_does_not_lower_the_floor() -> None:
    user, event = _catching_up(_PARK, _entry(-7))
    _finish(user, event)
    user.answer([], _NOW)
    assert _take(user, _record(-6))[-1] == LookUp()


def test_only_the_inbox_knows_whether_a_record_with_a_collapse_key_is_owed() -> None:
    user, record = _live(), _record(1, collapses=True)
    assert _take(user, record) == [Settle([record], Outcome.PARKED), LookUp()]


def test_a_new_connection_gets_the_event_in_flight_and_all_catch_up() -> None:
    user = _live()
    first, second = _record(1), _record(2)
    event = _pushed(_take(user, first))
    _take(user, second)
    assert user.connect("laptop", _NOW + 1) == [
        Push(event, ("laptop",)),
        Settle([second], Outcome.PARKED),
    ]
    assert _state(user) is State.CATCHING_UP
    assert user.ack("laptop", event, _NOW) == [WriteDelivered(event)]
    assert user.written(event) == [Settle([first], Outcome.ACKED), LookUp()]


def test_the_inbox_is_not_asked_while_an_ack_is_being_written() -> None:
    user = _live()
    event = _pushed(_take(user, _record(1)))
    user.ack("phone", event, _NOW)
    assert user.connect("laptop", _NOW) == []
    assert user.written(event)[-1] == LookUp()


def test_a_new_connection_raises_the_floor() -> None:
    user = _live()
    user.connect("laptop", _NOW + 60)
    user.answer([], _NOW + 60)
    assert _state(user) is State.LIVE
    assert _take(user, _record(1), now=_NOW + 60)[-1] == LookUp()


def test_a_new_connection_does_not_lower_the_floor() -> None:
    user, event = _catching_up(_PARK, _entry(70))  # by a producer whose clock is ahead
    _finish(user, event)
    user.connect("laptop", _NOW)
    user.answer([], _NOW)
    user.answer([], _NOW)
    assert _state(user) is State.LIVE
    assert _take(user, _record(70))[-1] == LookUp()


# ── acknowledgements ───────────────────────────────────────────────────────────────────────────


def test_the_first_ack_wins() -> None:
    user = _live(_PARK, "phone", "laptop")
    event = _pushed(_take(user, _record(1)))
    assert user.ack("laptop", event, _NOW) == [WriteDelivered(event)]
    assert user.ack("phone", event, _NOW) == []
    assert user.ack("phone", event, _NOW) == []
    assert user.written(event) == [Settle([_record(1)], Outcome.ACKED)]


def test_nothing_is_settled_before_the_ack_is_written() -> None:
    user = _live()
    event = _pushed(_take(user, _record(1)))
    user.ack("phone", event, _NOW)
    assert user.disconnect("phone") == []
    assert not user.is_idle
    assert user.written(event) == [Settle([_record(1)], Outcome.ACKED)]
    assert user.is_idle


def test_a_connection_too_far_behind_the_others_is_ended() -> None:
    user = _live(_PARK, "phone", "laptop")
    for number in (1, 2):
        event = _pushed(_take(user, _record(number)))
        _finish(user, event)
    disconnect, push = _take(user, _record(3))
    assert disconnect == Disconnect("laptop", Fault.BEHIND)
    assert isinstance(push, Push)
    assert push.connections == ("phone",)


def test_one_event_behind_is_not_too_far() -> None:
    user = _live(_PARK, "phone", "laptop")
    events = []
    for number in range(1, 6):
        event = _pushed(_take(user, _record(number)))
        events.append(event)
        _finish(user, event)
        if len(events) > 1:
            user.ack("laptop", events[-2], _NOW)
    assert len(events) == 5


def test_the_last_connection_can_be_behind_those_who_left() -> None:
    user = _live(_PARK, "phone", "laptop")
    for number in (1, 2):
        _finish(user, _pushed(_take(user, _record(number))))
    user.disconnect("phone")
    record = _record(3)
    assert _take(user, record) == [
        Disconnect("laptop", Fault.BEHIND),
        Settle([record], Outcome.PARKED),
    ]
    assert _state(user) is State.OFFLINE
    assert user.is_idle


# ── → offline ──────────────────────────────────────────────────────────────────────────────────


def test_with_the_last_connection_what_is_not_acked_is_parked() -> None:
    user = _live(_PARK, "phone", "laptop")
    _take(user, _record(1))
    _take(user, _record(2))
    assert user.disconnect("phone") == []
    assert _state(user) is State.LIVE
    assert user.disconnect("laptop") == [Settle([_record(1), _record(2)], Outcome.PARKED)]
    assert _state(user) is State.OFFLINE
    assert user.is_idle
    assert user.connect("phone", _NOW) == [LookUp()]


def test_a_connection_that_was_not_there_takes_nobody_offline() -> None:
    user = _live()
    assert user.disconnect("a stranger") == []
    assert _state(user) is State.LIVE
    assert User(_PARK).disconnect("a stranger") == []


def test_leaving_while_the_inbox_feeds_settles_nothing_twice() -> None:
    user, _ = _catching_up()
    assert user.disconnect("phone") == []
    assert user.connect("phone", _NOW) == [LookUp()]


def test_an_ack_after_going_offline_is_written_and_settles_nothing_twice() -> None:
    user = _live()
    event = _pushed(_take(user, _record(1)))
    assert user.disconnect("phone") == [Settle([_record(1)], Outcome.PARKED)]
    assert user.ack("phone", event, _NOW) == [WriteDelivered(event)]
    assert user.written(event) == []


def test_an_ack_of_an_earlier_push_does_not_end_the_wait_for_a_later_one() -> None:
    user, event = _catching_up(_PARK, _entry(-1))
    user.disconnect("phone")
    user.connect("phone", _NOW)
    later = _pushed(user.answer([_entry(-1)], _NOW))
    assert user.ack("phone", event, _NOW) == [WriteDelivered(event)]
    assert user.written(event) == []
    assert user.deadline is not None
    assert _finish(user, later) == [WriteDelivered(later), LookUp()]


# ── silence ────────────────────────────────────────────────────────────────────────────────────


def test_a_silent_connection_is_pushed_to_again_then_ended_and_the_record_parked() -> None:
    user = _live()
    record = _record(1)
    event = _pushed(_take(user, record))
    assert user.deadline == _NOW + _TIMEOUT
    assert user.overdue(_NOW + _TIMEOUT) == [Push(event, ("phone",), again=True)]
    assert user.overdue(_NOW + 2 * _TIMEOUT) == [Push(event, ("phone",), again=True)]
    assert user.deadline == _NOW + 3 * _TIMEOUT
    assert user.overdue(_NOW + 3 * _TIMEOUT) == [
        Disconnect("phone", Fault.SILENT),
        Settle([record], Outcome.PARKED),
    ]
    assert _state(user) is State.OFFLINE
    assert user.is_idle


def test_nothing_is_overdue_before_its_time_or_after_its_ack() -> None:
    user = _live()
    event = _pushed(_take(user, _record(1)))
    assert user.overdue(_NOW + _TIMEOUT - 0.001) == []
    user.ack("phone", event, _NOW)
    assert user.deadline is None
    assert user.overdue(_NOW + 5 * _TIMEOUT) == []


def test_one_silent_connection_does_not_end_the_others() -> None:
    user = _live()
    event = _pushed(_take(user, _record(1)))
    user.connect("laptop", _NOW + 5)
    for attempt in (1, 2):
        user.overdue(_NOW + attempt * _TIMEOUT)
        user.overdue(_NOW + 5 + attempt * _TIMEOUT)
    assert user.overdue(_NOW + 3 * _TIMEOUT) == [Disconnect("phone", Fault.SILENT)]
    assert user.deadline == _NOW + 5 + 3 * _TIMEOUT
    assert user.ack("laptop", event, _NOW + 31) == [WriteDelivered(event)]
    assert user.written(event) == [Settle([_record(1)], Outcome.ACKED), LookUp()]


# ── what expires in flight ─────────────────────────────────────────────────────────────────────

_LATER = _NOW + _TIMEOUT


def _with_one_that_expires(rules: Rules = _PARK) -> tuple[User, Event, Record, Record]:
    """The phone has been pushed two records, of which the first expires before it is overdue."""
    user = _live(rules)
    soon, lasting = _record(1, expires_at=_LATER), _record(2)
    return user, _pushed(_take(user, soon, lasting)), soon, lasting


@pytest.mark.parametrize("rules", [_PARK, _HOLD])
def test_what_has_expired_is_not_pushed_again(rules: Rules) -> None:
    user, event, soon, lasting = _with_one_that_expires(rules)
    settle, push = user.overdue(_LATER)
    assert settle == Settle([soon], Outcome.EXPIRED)
    left = _pushed([push])
    assert push == Push(left, ("phone",), again=True)
    assert left is not event  # as it was sent stays as it was
    assert left.items == [lasting]
    assert event.items == [soon, lasting]
    assert _finish(user, left) == [WriteDelivered(left), Settle([lasting], Outcome.ACKED)]


def test_what_has_expired_is_not_pushed_to_a_connection_that_comes_later() -> None:
    user, _, soon, lasting = _with_one_that_expires()
    settle, push = user.connect("laptop", _LATER)
    assert settle == Settle([soon], Outcome.EXPIRED)
    left = _pushed([push])
    assert push == Push(left, ("laptop",))
    assert left.items == [lasting]


def test_an_event_of_which_nothing_has_expired_is_pushed_again_as_it_is() -> None:
    user, event, _, _ = _with_one_that_expires()
    assert user.connect("laptop", _LATER - 1) == [Push(event, ("laptop",))]


def test_an_ack_of_the_whole_event_counts_for_all_that_is_left_of_it() -> None:
    user, event, _, lasting = _with_one_that_expires()
    left = _pushed(user.overdue(_LATER))
    assert user.ack("phone", event, _LATER) == [WriteDelivered(event)]
    assert user.deadline is None
    assert user.ack("phone", left, _LATER) == []
    assert user.written(event) == [Settle([lasting], Outcome.ACKED)]


def test_an_ack_of_what_was_left_does_not_stand_for_what_had_expired() -> None:
    user, event, _, lasting = _with_one_that_expires()
    left = _pushed(user.overdue(_LATER))
    assert _finish(user, left) == [WriteDelivered(left), Settle([lasting], Outcome.ACKED)]
    assert user.ack("phone", event, _LATER) == [WriteDelivered(event)]
    assert user.written(event) == []


def test_a_late_ack_of_the_whole_event_does_not_end_the_wait_for_a_later_one() -> None:
    user, event, _, _ = _with_one_that_expires()
    _finish(user, _pushed(user.overdue(_LATER)))
    _take(user, _record(3))
    assert user.ack("phone", event, _LATER) == [WriteDelivered(event)]
    assert user.deadline is not None


def test_the_silence_about_an_event_goes_on_with_what_is_left_of_it() -> None:
    user, _, _, lasting = _with_one_that_expires()
    user.connect("laptop", _LATER - 1)
    left = _pushed(user.overdue(_LATER))
    assert user.waiting_since == _NOW
    assert user.deadline == _LATER - 1 + _TIMEOUT  # the laptop's
    assert user.overdue(_LATER - 1 + _TIMEOUT) == [Push(left, ("laptop",), again=True)]
    assert user.overdue(_NOW + 2 * _TIMEOUT) == [Push(left, ("phone",), again=True)]
    assert user.overdue(_NOW + 3 * _TIMEOUT)[0] == Disconnect("phone", Fault.SILENT)
    assert user.disconnect("laptop") == [Settle([lasting], Outcome.PARKED)]


def test_a_connection_that_was_not_sent_what_is_left_is_overdue_all_the_same() -> None:
    user, _, _, _ = _with_one_that_expires()
    left = _pushed(user.connect("laptop", _LATER))
    assert user.overdue(_LATER) == [Push(left, ("phone",), again=True)]


def test_whoever_acknowledged_the_whole_event_is_not_behind_with_what_is_left() -> None:
    user, event, _, _ = _with_one_that_expires()
    user.overdue(_LATER)
    _finish(user, event)
    for number in (3, 4, 5):
        event = _pushed(_take(user, _record(number)))
        _finish(user, event)
    assert _state(user) is State.LIVE


def test_an_event_that_has_expired_makes_way_for_the_next() -> None:
    user = _live()
    soon, next_one = _record(1, expires_at=_LATER), _record(2)
    event = _pushed(_take(user, soon))
    _take(user, next_one)
    settle, push = user.overdue(_LATER)
    assert settle == Settle([soon], Outcome.EXPIRED)
    assert _pushed([push]).items == [next_one]
    assert user.ack("phone", event, _LATER) == [WriteDelivered(event)]
    assert user.deadline == _LATER + _TIMEOUT
    assert user.written(event) == []


def test_a_page_that_has_expired_makes_way_for_the_next() -> None:
    user, event = _catching_up(_PARK, _entry(-1, expires_at=_LATER))
    assert user.overdue(_LATER) == [LookUp()]
    assert user.deadline is None
    assert user.ack("phone", event, _LATER) == [WriteDelivered(event)]
    assert user.written(event) == []  # asked already


def test_a_connection_that_comes_when_all_has_expired_catches_up_at_once() -> None:
    user = _live()
    soon = _record(1, expires_at=_LATER)
    _take(user, soon)
    assert user.connect("laptop", _LATER) == [Settle([soon], Outcome.EXPIRED), LookUp()]


def test_silence_to_the_end_is_judged_before_expiry() -> None:
    user = _live()
    soon = _record(1, expires_at=_NOW + 3 * _TIMEOUT)
    _take(user, soon)
    for attempt in (1, 2):
        assert _pushed(user.overdue(_NOW + attempt * _TIMEOUT)).items == [soon]
    assert user.overdue(_NOW + 3 * _TIMEOUT)[0] == Disconnect("phone", Fault.SILENT)


def test_a_connection_silent_about_events_that_expire_is_ended_too() -> None:
    user = _live()
    for number in (1, 2):
        now = _NOW + number * _TIMEOUT
        _take(user, _record(number, expires_at=now + 1), now=now)
        user.overdue(now + _TIMEOUT)
    assert _take(user, _record(3))[0] == Disconnect("phone", Fault.BEHIND)


def test_what_made_room_and_has_expired_is_not_settled_twice() -> None:
    user, _, soon, lasting = _with_one_that_expires()
    assert user.make_room() == [Settle([soon, lasting], Outcome.PARKED)]
    assert _pushed(user.overdue(_LATER)).items == [lasting]


def test_under_hold_what_the_inbox_gave_and_has_expired_settles_what_was_held() -> None:
    user = User(_HOLD)
    record, repeat = _record(1, expires_at=_LATER), _record(1, expires_at=_LATER)
    repeat = repeat._replace(offset=9_999)
    _take(user, record, repeat)
    user.connect("phone", _NOW)
    user.answer([_entry(1, expires_at=_LATER)], _NOW)
    assert user.overdue(_LATER) == [Settle([record, repeat], Outcome.EXPIRED), LookUp()]
    assert user.held_ids == []


# ── the window ─────────────────────────────────────────────────────────────────────────────────


def test_it_waits_since_the_push_and_as_long_as_a_record_depends_on_the_ack() -> None:
    user = _live()
    event = _pushed(_take(user, _record(1), now=_NOW + 3))
    assert user.waiting_since == _NOW + 3
    user.overdue(_NOW + 3 + _TIMEOUT)
    assert user.waiting_since == _NOW + 3  # pushed again, and no less patient
    user.ack("phone", event, _NOW)
    assert user.waiting_since is None


def test_what_came_from_the_inbox_holds_no_room() -> None:
    user, _ = _catching_up()
    assert user.waiting_since is None
    assert user.make_room() == []


def test_room_is_made_by_parking_while_the_push_stays_in_flight() -> None:
    user = _live()
    event = _pushed(_take(user, _record(1)))
    _take(user, _record(2))
    assert user.make_room() == [
        Settle([_record(1)], Outcome.PARKED),
        Settle([_record(2)], Outcome.PARKED),
    ]
    assert _state(user) is State.CATCHING_UP
    assert user.waiting_since is None
    assert user.make_room() == []
    assert user.deadline == _NOW + _TIMEOUT
    assert user.ack("phone", event, _NOW) == [WriteDelivered(event)]
    assert user.written(event) == [LookUp()]


def test_after_making_room_the_inbox_is_not_asked_before_the_ack_is_written() -> None:
    user = _live()
    event = _pushed(_take(user, _record(1)))
    user.make_room()
    user.ack("phone", event, _NOW)
    assert user.connect("laptop", _NOW) == []
    assert user.written(event) == [LookUp()]


def test_what_was_parked_for_room_is_not_parked_again_when_the_user_leaves() -> None:
    user = _live()
    _take(user, _record(1))
    user.make_room()
    assert user.disconnect("phone") == []


def test_no_room_is_made_where_nothing_waits_for_an_ack() -> None:
    user = _live()
    event = _pushed(_take(user, _record(1)))
    user.ack("phone", event, _NOW)
    assert user.make_room() == []
    assert _state(user) is State.LIVE
    assert user.written(event) == [Settle([_record(1)], Outcome.ACKED)]


# ── hold ───────────────────────────────────────────────────────────────────────────────────────


def test_under_hold_a_record_of_an_offline_user_waits() -> None:
    user = User(_HOLD)
    assert _take(user, _record(1)) == []
    assert user.held_ids == [_id(1)]
    assert not user.is_idle


def test_under_hold_the_ack_settles_what_the_inbox_gave_again() -> None:
    user = User(_HOLD)
    record, repeat = _record(1), _record(1)._replace(offset=9_999)
    _take(user, record, repeat)
    user.connect("phone", _NOW)
    event = _pushed(user.answer([_entry(1)], _NOW))
    assert user.held_ids == []  # under way: the inbox is not asked about it
    user.ack("phone", event, _NOW)
    assert user.written(event) == [Settle([record, repeat], Outcome.ACKED), LookUp()]


def test_under_hold_leaving_and_a_full_queue_settle_nothing() -> None:
    user = _live(_HOLD)
    records = [_record(number) for number in range(2 * EVENT_ITEMS + 60)]
    assert [type(decision) for decision in _take(user, records[0])] == [Push]
    assert _take(user, *records[1:]) == []
    assert _state(user) is State.CATCHING_UP
    assert user.disconnect("phone") == []
    assert sorted(user.held_ids) == [record.id for record in records]


def test_under_hold_a_silent_client_settles_nothing() -> None:
    user = _live(_HOLD)
    _take(user, _record(1))
    for attempt in (1, 2):
        user.overdue(_NOW + attempt * _TIMEOUT)
    assert user.overdue(_NOW + 3 * _TIMEOUT) == [Disconnect("phone", Fault.SILENT)]
    assert user.held_ids == [_id(1)]


def test_under_hold_no_room_is_made() -> None:
    user = _live(_HOLD)
    _take(user, _record(1))
    _take(user, _record(2))
    assert user.make_room() == []
    assert _state(user) is State.LIVE


def test_under_hold_what_is_no_longer_owed_is_settled() -> None:
    user = User(_HOLD)
    _take(user, _record(1), _record(2, expires_at=_NOW + 5), _record(3))
    decisions = user.no_longer_owed([_id(1), _id(2), "a stranger"], _NOW + 5)
    assert decisions == [
        Settle([_record(2, expires_at=_NOW + 5)], Outcome.EXPIRED),
        Settle([_record(1)], Outcome.NOT_OWED),
    ]
    assert user.held_ids == [_id(3)]
    assert user.no_longer_owed([_id(3)], _NOW) == [Settle([_record(3)], Outcome.NOT_OWED)]
    assert user.is_idle


def test_under_hold_what_is_under_way_by_now_is_left_to_its_ack() -> None:
    user = User(_HOLD)
    _take(user, _record(1))
    user.connect("phone", _NOW)
    event = _pushed(user.answer([_entry(1)], _NOW))
    assert user.no_longer_owed([_id(1)], _NOW) == []
    user.ack("phone", event, _NOW)
    assert user.written(event)[0] == Settle([_record(1)], Outcome.ACKED)


def test_under_hold_an_inbox_that_owes_nothing_settles_all_that_is_held() -> None:
    user = User(_HOLD)
    _take(user, _record(-2), _record(-1, expires_at=_NOW + 1))
    user.connect("phone", _NOW)
    assert user.answer([], _NOW + 1) == [
        Settle([_record(-1, expires_at=_NOW + 1)], Outcome.EXPIRED),
        Settle([_record(-2)], Outcome.NOT_OWED),
    ]
    assert _state(user) is State.LIVE


def test_under_hold_what_was_held_since_the_question_is_not_settled_by_its_answer() -> None:
    user = User(_HOLD)
    user.connect("phone", _NOW)
    _take(user, _record(1))
    assert user.answer([], _NOW) == [LookUp()]
    assert user.held_ids == [_id(1)]
