"""When quiet hours end: time zones, midnight, and the days when clocks change."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.away.core.quiet_hours import QuietHours

_ZONES = ["Europe/Madrid", "America/Bogota", "America/St_Johns", "Asia/Kathmandu", "UTC"]
#: Zones of both hemispheres. Some change their clocks at midnight, by half an hour or by two hours.
_CHANGING = [
    "Europe/Madrid",
    "America/Santiago",
    "Australia/Lord_Howe",
    "America/Havana",
    "Antarctica/Troll",
    "Pacific/Chatham",
]
_MINUTE = timedelta(minutes=1)

minutes = st.integers(0, 24 * 60 - 1).map(lambda number: time(number // 60, number % 60))
moments = st.datetimes(
    datetime.fromisoformat("2026-01-01"),
    datetime.fromisoformat("2028-01-01"),
    timezones=st.just(UTC),
)


def _quiet(begins: str, ends: str, zone: str = "Europe/Madrid") -> QuietHours:
    parsed = QuietHours.parsed({"from": begins, "to": ends, "time_zone": zone})
    assert parsed is not None
    return parsed


@given(
    st.builds(QuietHours, minutes, minutes, st.sampled_from(_ZONES + _CHANGING).map(ZoneInfo)),
    moments,
)
def test_the_end_is_later_and_not_quiet(quiet: QuietHours, now: datetime) -> None:
    end = quiet.end_after(now)
    if end is None:
        return
    clocks_change = now.astimezone(quiet.zone).utcoffset() != end.astimezone(quiet.zone).utcoffset()
    assert now < end <= now + timedelta(hours=50 if clocks_change else 24)
    assert quiet.end_after(end) is None


@given(
    st.builds(QuietHours, minutes, minutes, st.sampled_from(_ZONES + _CHANGING).map(ZoneInfo)),
    moments,
)
def test_it_stays_quiet_until_the_end(quiet: QuietHours, now: datetime) -> None:
    end = quiet.end_after(now)
    if end is None:
        return
    looked = now
    while looked < end:
        assert quiet.end_after(looked) is not None
        looked += 7 * _MINUTE


@given(minutes, st.sampled_from(_ZONES + _CHANGING), moments)
def test_a_span_of_no_length_is_never_quiet(at: time, zone: str, now: datetime) -> None:
    assert QuietHours(at, at, ZoneInfo(zone)).end_after(now) is None


@pytest.mark.parametrize("zone", _CHANGING)
@pytest.mark.parametrize(
    ("begins", "ends"), [("22:00", "08:00"), ("00:15", "02:30"), ("01:45", "00:15")]
)
def test_around_a_change_of_clocks_the_end_follows_the_local_time(
    zone: str, begins: str, ends: str
) -> None:
    quiet, step = _quiet(begins, ends, zone), 15 * _MINUTE
    for change in _changes(quiet.zone):
        # Go backwards in quarters of an hour. `expected` is the earliest quarter so far that is not
        # quiet, so the quiet hours before it must end there.
        looked, expected = change + timedelta(hours=26), None
        while looked > change - timedelta(hours=26):
            wall = looked.astimezone(quiet.zone).strftime("%H:%M")
            is_quiet = begins <= wall < ends if begins < ends else not ends <= wall < begins
            if not is_quiet:
                expected = looked
                assert quiet.end_after(looked) is None
            elif expected is not None:
                assert quiet.end_after(looked) == expected
            looked -= step


def _changes(zone: ZoneInfo) -> list[datetime]:
    """Return the first full hour after each change of the zone's clocks in 2026."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    hours = [begin + timedelta(hours=number) for number in range(365 * 24)]
    return [
        after
        for before, after in pairwise(hours)
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset()
    ]


def test_a_night_ends_in_the_morning_of_the_shopper() -> None:
    quiet = _quiet("22:00", "08:00")
    winter = datetime(2026, 1, 15, 23, 30, tzinfo=UTC)  # 00:30 in Madrid
    assert quiet.end_after(winter) == datetime(2026, 1, 16, 7, 0, tzinfo=UTC)
    evening = datetime(2026, 7, 1, 20, 0, tzinfo=UTC)  # 22:00 in Madrid
    assert quiet.end_after(evening) == datetime(2026, 7, 2, 6, 0, tzinfo=UTC)
    assert quiet.end_after(evening - _MINUTE) is None


def test_a_night_with_a_change_of_clocks_ends_by_local_time() -> None:
    quiet = _quiet("22:00", "08:00")
    spring = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
    assert quiet.end_after(spring) == datetime(2026, 3, 29, 6, 0, tzinfo=UTC)
    autumn = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
    assert quiet.end_after(autumn) == datetime(2026, 10, 25, 7, 0, tzinfo=UTC)


def test_a_local_end_that_occurs_twice_ends_both_spans() -> None:
    quiet = _quiet("01:00", "02:30")
    assert quiet.end_after(datetime(2026, 10, 25, 0, 0, tzinfo=UTC)) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )
    # 02:10, for the second time
    assert quiet.end_after(datetime(2026, 10, 25, 1, 10, tzinfo=UTC)) == datetime(
        2026, 10, 25, 1, 30, tzinfo=UTC
    )


def test_an_end_that_the_clocks_skip_may_be_followed_by_the_next_span() -> None:
    quiet = _quiet("03:00", "02:30")  # all day, except for half an hour
    now = datetime(2026, 3, 29, 0, 45, tzinfo=UTC)  # 01:45, and the local time skips from 2 to 3
    assert quiet.end_after(now) == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)


def test_an_end_that_comes_again_is_not_a_day_later() -> None:
    quiet = _quiet("02:30", "02:15")
    now = datetime(2026, 10, 25, 0, 40, tzinfo=UTC)  # 02:40, for the first time
    assert quiet.end_after(now) == datetime(2026, 10, 25, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        {},
        {"from": "22:00", "to": "08:00"},
        {"from": "22:00", "to": "08:00", "time_zone": "Mars/Olympus"},
        {"from": "22:00", "to": "08:00", "time_zone": "../etc/passwd"},
        {"from": "22:00", "to": "08:00", "time_zone": ""},
        {"from": "24:00", "to": "08:00", "time_zone": "UTC"},
        {"from": 22, "to": "08:00", "time_zone": "UTC"},
        {"from": "٢٢:00", "to": "08:00", "time_zone": "UTC"},
    ],
)
def test_damaged_quiet_hours_do_not_count(stored: object) -> None:
    assert QuietHours.parsed(stored) is None
