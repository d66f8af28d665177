"""The storage of the rate limits: windows start, end and are dropped."""

from producer_api.identity.window_counts import WindowCounts
from tests.producer_api.clock import Clock


async def test_window_ends_and_the_next_starts_with_the_next_request() -> None:
    windows = WindowCounts(clock := Clock(1000.0), clock)
    assert [await windows.incr("ana", 10) for _ in range(3)] == [1, 2, 3]
    clock.now += 9.9
    assert (await windows.get("ana"), await windows.get_expiry("ana")) == (3, 1010.0)
    clock.now += 0.1
    assert (await windows.get("ana"), await windows.get_expiry("ana")) == (0, 1010.0)
    assert await windows.incr("ana", 10) == 1
    assert await windows.get_expiry("ana") == 1020.0


async def test_setting_the_system_clock_back_does_not_lengthen_a_window() -> None:
    windows = WindowCounts(monotonic := Clock(1000.0), system := Clock(1000.0))
    await windows.incr("ana", 10)
    system.now -= 3600
    monotonic.now += 10
    assert await windows.incr("ana", 10) == 1
    assert await windows.get_expiry("ana") == system.now + 10


async def test_ended_windows_are_dropped() -> None:
    windows = WindowCounts(clock := Clock(1000.0))
    for number in range(1000):
        clock.now += 1
        await windows.incr(str(number), 10)
    assert len(windows) == 10
