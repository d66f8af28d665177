"""The tracker against a model that keeps every record and searches all of them each time."""

import random
import tracemalloc
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from delivery.core import settled_map
from delivery.core.settled_map import LIMIT_OFFSETS
from delivery.core.tracker import FirstUnsettled, Tracker
from tests.delivery.core.effort import effort

_EPOCH = 3
_SIZE = 400


def _tracker(*offsets: int, start: int = 0) -> Tracker:
    tracker = Tracker(start, _EPOCH)
    for offset in offsets:
        assert tracker.receive(offset, _SIZE)
    return tracker


def _key(offset: int) -> bytes | None:
    return f"user {offset}".encode() if offset % 3 else None


# ── examples ───────────────────────────────────────────────────────────────────────────────────


def test_tracker_starts_at_the_committed_offset() -> None:
    tracker = Tracker(7, _EPOCH)
    assert (tracker.next_to_commit, tracker.next_to_receive, tracker.in_flight) == (7, 7, 0)


def test_commit_passes_a_range_only_when_the_first_offset_of_the_range_is_settled() -> None:
    tracker = _tracker(0)
    assert tracker.receive_range(0, 5) == 1, "offset 0 was received before"
    assert tracker.settle(0, _SIZE, _EPOCH)
    assert (tracker.next_to_commit, tracker.next_to_receive) == (1, 5)
    assert tracker.receive_range(1, 5) is None
    assert tracker.settle(1, 0, _EPOCH)
    assert tracker.next_to_commit == 5


def test_bytes_of_a_dead_letter_do_not_count() -> None:
    tracker = _tracker(0, 1)
    tracker.dead_letter(0, _SIZE, b"ana", 7.0)
    assert tracker.in_flight_bytes == _SIZE
    assert tracker.first_unsettled == FirstUnsettled(0, b"ana", 7.0)
    assert tracker.settle(0, 0, _EPOCH)
    assert tracker.in_flight_bytes == _SIZE
    assert tracker.first_unsettled == FirstUnsettled(1, None, None)


def test_offset_never_passes_a_record_in_flight() -> None:
    tracker = _tracker(0, 1, 2)
    assert tracker.settle(1, _SIZE, _EPOCH)
    assert tracker.settle(2, _SIZE, _EPOCH)
    assert tracker.next_to_commit == 0
    assert tracker.settle(0, _SIZE, _EPOCH)
    assert tracker.next_to_commit == 3


def test_gap_does_not_hold_back_the_offset() -> None:
    tracker = _tracker(5, 9, start=2)
    assert tracker.next_to_commit == 5
    assert tracker.settle(5, _SIZE, _EPOCH)
    assert tracker.next_to_commit == 9
    assert tracker.settle(9, _SIZE, _EPOCH)
    assert tracker.next_to_commit == tracker.next_to_receive == 10


def test_received_record_is_not_received_again() -> None:
    tracker = _tracker(0, 1)
    assert not tracker.receive(1, _SIZE)
    assert tracker.settle(0, _SIZE, _EPOCH)
    assert not tracker.receive(0, _SIZE)
    assert tracker.in_flight == 1
    assert tracker.in_flight_bytes == _SIZE


def test_only_records_in_flight_settle_and_only_once() -> None:
    tracker = _tracker(0, 4)
    assert tracker.settle(0, _SIZE, _EPOCH)
    assert not tracker.settle(0, _SIZE, _EPOCH)  # again
    assert not tracker.settle(2, _SIZE, _EPOCH)  # in a gap
    assert not tracker.settle(5, _SIZE, _EPOCH)  # not received yet
    assert not tracker.settle(-1, _SIZE, _EPOCH)
    assert (tracker.in_flight, tracker.in_flight_bytes) == (1, _SIZE)


def test_settling_under_another_epoch_is_ignored() -> None:
    tracker = _tracker(0)
    assert not tracker.settle(0, _SIZE, _EPOCH - 1)
    assert not tracker.settle(0, _SIZE, _EPOCH + 1)
    assert tracker.next_to_commit == 0


def test_records_marked_in_the_map_are_not_received_again() -> None:
    tracker = _tracker(0, 1, 2, 3, 5)
    for offset in (0, 2, 5):
        tracker.settle(offset, _SIZE, _EPOCH)
    flags = tracker.settled_beyond()
    assert flags == bytes((0, 1, 0, 1, 1))  # offset 4 does not exist, so its flag does not matter
    again = Tracker(tracker.next_to_commit, _EPOCH + 1, flags)
    assert [again.receive(offset, _SIZE) for offset in (1, 2, 3, 5, 6)] == [1, 0, 1, 0, 1]
    assert again.next_to_commit == 1
    assert again.settle(1, _SIZE, _EPOCH + 1)
    assert again.next_to_commit == 3


def test_flags_of_records_not_received_yet_are_kept_in_the_next_map() -> None:
    tracker = Tracker(10, _EPOCH, bytes((0, 1, 0, 1)))
    assert tracker.receive(10, _SIZE)
    assert not tracker.receive(11, _SIZE)
    assert tracker.settled_beyond() == bytes((0, 1, 0, 1))
    assert tracker.settle(10, _SIZE, _EPOCH)
    assert tracker.next_to_commit == 12
    assert tracker.settled_beyond() == bytes((0, 1))


def test_map_above_a_blocked_head_is_bounded() -> None:
    tracker = _tracker(0)
    for offset in range(1, LIMIT_OFFSETS + 10):
        tracker.receive(offset, _SIZE)
        if offset not in (100, LIMIT_OFFSETS + 5):
            tracker.settle(offset, _SIZE, _EPOCH)
    flags = tracker.settled_beyond()
    assert len(flags) == LIMIT_OFFSETS
    assert [index for index, flag in enumerate(flags) if not flag] == [0, 100]


def _memory_of(work: Any) -> int:
    tracemalloc.start()
    try:
        result = work()
        current, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    del result
    return current


def test_records_settled_above_a_blocked_head_cost_no_memory() -> None:
    def work() -> Tracker:
        tracker = _tracker(0)
        for offset in range(1, 100_000):
            tracker.receive(offset, _SIZE)
            tracker.settle(offset, _SIZE, _EPOCH)
        return tracker

    assert _memory_of(work) < 10_000


def test_gap_of_any_size_costs_no_memory() -> None:
    def work() -> Tracker:
        return _tracker(0, 10**12, 10**15)

    assert _memory_of(work) < 10_000


def test_ten_thousand_records_in_flight_take_under_a_hundred_bytes_each() -> None:
    count = 10_000
    rng = random.Random(1)  # noqa: S311 - the same order in each run

    def work() -> Tracker:
        waiting = list(range(count))
        tracker = _tracker(*waiting)
        for offset in range(count, 3 * count):
            tracker.receive(offset, _SIZE)
            place = rng.randrange(count)
            tracker.settle(waiting[place], _SIZE, _EPOCH)
            waiting[place] = offset
        assert tracker.in_flight == count
        return tracker

    assert _memory_of(work) < 100 * count


# ── against the model ──────────────────────────────────────────────────────────────────────────

_GAPS = st.sampled_from((0, 0, 0, 0, 1, 2, 30, 5_000, 200_000, 10**12))


class TrackerMachine(RuleBasedStateMachine):
    """A log with gaps, changing assignments, and records that settle in any order.

    The model keeps a dict of the records in flight, and the set of all offsets ever settled.
    """

    def __init__(self) -> None:
        super().__init__()
        self.log: dict[int, int] = {}  # offset: size
        self.end = 0
        self.settled: set[int] = set()  # under any assignment
        self.committed: tuple[int, str] = (0, "")
        self.stale: list[tuple[int, int]] = []  # offset, epoch
        self.epoch = 1
        self._begin(Tracker(0, self.epoch), frozenset())

    def _begin(self, tracker: Tracker, in_map: frozenset[int]) -> None:
        self.tracker = tracker
        self.in_map = in_map
        self.waiting: dict[int, int] = {}  # offset: size; received and not settled
        self.dead_letters: dict[int, float] = {}  # offset: when it became one
        self.received: set[int] = set()
        self.last_commit = tracker.next_to_commit

    @rule(gap=_GAPS, sizes=st.lists(st.integers(0, 5_000), min_size=1, max_size=8))
    def append(self, gap: int, sizes: list[int]) -> None:
        self.end += gap
        for size in sizes:
            self.log[self.end] = size
            self.end += 1

    @rule(limit=st.integers(1, 10))
    def fetch(self, limit: int) -> None:
        ahead = [offset for offset in self.log if offset >= self.tracker.next_to_receive]
        for offset in ahead[:limit]:
            is_new = self.tracker.receive(offset, self.log[offset], _key(offset))
            assert is_new == (offset not in self.in_map)
            self.received.add(offset)
            if is_new:
                self.waiting[offset] = self.log[offset]
            else:
                assert offset in self.settled  # an unsettled record is never skipped

    @precondition(lambda self: self.received)
    @rule(data=st.data())
    def fetch_again(self, data: st.DataObject) -> None:
        assert not self.tracker.receive(data.draw(st.sampled_from(sorted(self.received))), 1)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        offset = data.draw(st.sampled_from(sorted(self.waiting)))
        size = self.waiting.pop(offset)
        assert self.tracker.settle(offset, size, self.epoch)
        assert not self.tracker.settle(offset, size, self.epoch)
        self.settled.add(offset)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), now=st.floats(0, 1e6))
    def dead_letter(self, data: st.DataObject, now: float) -> None:
        offset = data.draw(st.sampled_from(sorted(self.waiting)))
        self.tracker.dead_letter(offset, self.waiting[offset], _key(offset), now)
        self.waiting[offset] = 0
        self.dead_letters[offset] = now

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def settle_most(self, data: st.DataObject) -> None:
        order = data.draw(st.permutations(sorted(self.waiting)))
        for offset in order[: len(order) * 3 // 4]:
            assert self.tracker.settle(offset, self.waiting.pop(offset), self.epoch)
            self.settled.add(offset)

    @rule(data=st.data())
    def settle_a_record_that_is_not_in_flight(self, data: st.DataObject) -> None:
        offset = data.draw(st.integers(-2, min(self.end + 2, 10_000)))
        if offset not in self.waiting:
            assert not self.tracker.settle(offset, 1, self.epoch)

    @precondition(lambda self: self.stale)
    @rule(data=st.data())
    def settle_for_an_earlier_assignment(self, data: st.DataObject) -> None:
        again = [(offset, epoch) for offset, epoch in self.stale if offset in self.waiting]
        offset, epoch = data.draw(st.sampled_from(again or self.stale))
        assert not self.tracker.settle(offset, self.log[offset], epoch)

    @rule()
    def commit(self) -> None:
        text = settled_map.encode(self.tracker.settled_beyond())
        assert text is not None
        self.committed = self.tracker.next_to_commit, text

    @rule(orderly=st.booleans())
    def revoke_and_assign(self, orderly: bool) -> None:
        if orderly:
            self.commit()
        self.stale = [(offset, self.epoch) for offset in self.waiting] + self.stale[:20]
        self.epoch += 1
        offset, text = self.committed
        flags = settled_map.decode(text)
        in_map = frozenset(
            later
            for later in self.log
            if later >= offset and later - offset < len(flags) and flags[later - offset]
        )
        assert in_map <= self.settled
        self._begin(Tracker(offset, self.epoch, flags), in_map)

    @invariant()
    def the_counts_in_flight_are_exact(self) -> None:
        assert self.tracker.in_flight == len(self.waiting)
        assert self.tracker.in_flight_bytes == sum(self.waiting.values())

    @invariant()
    def the_commit_is_the_settled_prefix(self) -> None:
        commit = self.tracker.next_to_commit
        assert commit == min(self.waiting, default=self.tracker.next_to_receive)
        assert commit >= self.last_commit
        self.last_commit = commit
        if self.received:
            assert self.tracker.next_to_receive == max(self.received) + 1
        for offset in self.log:
            if offset < commit:
                assert offset in self.settled

    @invariant()
    def the_first_unsettled_record_is_the_one_that_holds_back_the_commit(self) -> None:
        expected = None
        if self.waiting:
            first = min(self.waiting)
            expected = FirstUnsettled(first, _key(first), self.dead_letters.get(first))
        assert self.tracker.first_unsettled == expected

    @invariant()
    def the_map_marks_settled_records(self) -> None:
        start = self.tracker.next_to_commit
        flags = self.tracker.settled_beyond()
        for offset in self.log:
            place = offset - start
            if 0 <= place < LIMIT_OFFSETS:
                settled_here = offset in self.received and offset not in self.waiting
                is_settled = settled_here or offset in self.in_map
                assert any(flags[place : place + 1]) == is_settled


TestTrackerAgainstTheModel = TrackerMachine.TestCase
TestTrackerAgainstTheModel.settings = effort(100)
