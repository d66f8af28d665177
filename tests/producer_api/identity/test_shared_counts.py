"""Several workers together count requests as one process would."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer_api.identity import shared_counts
from producer_api.identity.shared_counts import SharedCounts, words_of
from producer_api.identity.window_counts import WindowCounts
from tests.producer_api.clock import Clock

_SECOND = 1_000_000_000


class _Workers:
    """The counts of one limit in several workers with a common clock."""

    def __init__(self, count: int, seconds: float = 10) -> None:
        self.clock = Clock(1000.0)
        words = words_of(1) // 3
        self._tables = [memoryview(bytearray(8 * words)).cast("Q") for _ in range(count)]
        self._seconds = seconds
        self.counts = [self.started(number) for number in range(count)]

    def started(self, number: int) -> SharedCounts:
        others = [table for at, table in enumerate(self._tables) if at != number]
        now = lambda: int(self.clock() * _SECOND)  # noqa: E731
        return SharedCounts(self._tables[number], others, self._seconds, now)


def test_workers_count_together_in_one_window() -> None:
    workers = _Workers(3)
    assert workers.counts[0].add("ana", 1) == (1, 10)
    workers.clock.now += 4
    assert workers.counts[1].add("ana", 5) == (6, 6), "the first worker began the window"
    assert workers.counts[2].add("ana", 1) == (7, 6)
    assert workers.counts[0].add("ana", 1) == (8, 6)
    assert workers.counts[1].add("eve", 1) == (1, 10), "each key has its own window"
    workers.clock.now += 6
    assert workers.counts[1].add("ana", 1) == (1, 10)
    assert workers.counts[0].add("ana", 1) == (2, 10)


def test_a_worker_that_is_started_again_continues_with_its_counts() -> None:
    workers = _Workers(2)
    workers.counts[0].add("ana", 3)
    workers.counts[1].add("ana", 4)
    workers.clock.now += 1
    again = workers.started(0)
    assert again.add("ana", 1) == (8, 9)
    assert workers.counts[1].add("ana", 1) == (9, 9)


def test_almost_every_one_of_50_000_keys_has_a_place() -> None:
    counts = _Workers(1).counts[0]
    for number in range(50_000):
        counts.add(f"caller-{number}", 1)
    without = [key for key, window in counts._windows.items() if window.place is None]
    assert len(without) < 10


def test_a_full_bucket_is_counted_by_each_worker_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_counts, "_BUCKETS", 1)
    workers = _Workers(2)
    for number in range(8):
        workers.counts[0].add(str(number), 1)
    assert workers.counts[0].add("ninth", 1) == (1, 10)
    assert workers.counts[0].add("ninth", 1) == (2, 10), "a worker must still count its own"
    assert workers.counts[1].add("ninth", 1) == (1, 10)
    assert workers.counts[0].add("7", 1) == (2, 10)
    workers.clock.now += 10
    workers.counts[0].add("tenth", 1)
    assert workers.counts[1].add("tenth", 1) == (2, 10), "ended windows make room"


def test_ended_windows_are_dropped() -> None:
    workers = _Workers(1)
    for number in range(1000):
        workers.clock.now += 1
        workers.counts[0].add(str(number), 1)
    assert len(workers.counts[0]) == 10


def test_a_key_may_be_any_text() -> None:
    workers = _Workers(2)
    workers.counts[0].add("\ud800", 1)
    assert workers.counts[1].add("\ud800", 1)[0] == 2


@given(seed=st.integers(0, 2**32))
def test_any_run_has_the_counts_of_one_process(seed: int) -> None:
    """It does not matter which worker gets a request, or which worker is started again."""
    chosen = random.Random(seed)  # noqa: S311
    workers = _Workers(3, seconds=2)
    model = WindowCounts(2, workers.clock)
    for _ in range(100):
        workers.clock.now += chosen.choice([0, 0, 0, 0.25, 1])
        number = chosen.randrange(3)
        if chosen.random() < 0.1:
            workers.counts[number] = workers.started(number)
        key, amount = chosen.choice("abc"), chosen.randrange(1, 5)
        assert workers.counts[number].add(key, amount) == model.add(key, amount)
