"""The counts of the rate limits: windows start, end and are dropped."""

from producer_api.identity.window_counts import WindowCounts
from tests.producer_api.clock import Clock


def test_window_ends_and_the_next_starts_with_the_next_request() -> None:
    windows = WindowCounts(10, clock := Clock(1000.0))
    assert [windows.add("ana", 1) for _ in range(3)] == [(1, 10), (2, 10), (3, 10)]
    clock.now += 8
    assert windows.add("ana", 5) == (8, 2)
    clock.now += 2
    assert windows.add("ana", 1) == (1, 10)


def test_each_key_has_its_own_window() -> None:
    windows = WindowCounts(10, clock := Clock(1000.0))
    windows.add("ana", 7)
    clock.now += 4
    assert windows.add("eve", 1) == (1, 10)
    assert windows.add("ana", 1) == (8, 6)


def test_ended_windows_are_dropped() -> None:
    windows = WindowCounts(10, clock := Clock(1000.0))
    for number in range(1000):
        clock.now += 1
        windows.add(str(number), 1)
    assert len(windows) == 10
