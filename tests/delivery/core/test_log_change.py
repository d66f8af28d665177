"""A partition's log may be replaced, or cut at either end, behind its tracker."""

import pytest

from delivery.core.log_change import Log, LogChange, change_of, tracker_after
from delivery.core.tracker import Tracker

_OURS, _OTHER = "1f", "2e"


@pytest.mark.parametrize(
    ("log", "received", "received_before", "change"),
    [
        (Log(_OURS, 0, 50), 50, 40, None),
        (Log(_OURS, 40, 50), 40, 40, None),
        (Log(_OTHER, 0, 90), 50, 40, LogChange.REPLACED),
        (Log(_OURS, 0, 49), 50, 40, LogChange.TRUNCATED),
        (Log(_OURS, 41, 50), 50, 40, LogChange.TRIMMED),
    ],
)
def test_change_of_the_log_is_found(
    log: Log, received: int, received_before: int, change: LogChange | None
) -> None:
    assert change_of(log, _OURS, received, received_before) is change


def _tracker() -> Tracker:
    """Return a tracker at offset 10 that has settled offset 11."""
    tracker = Tracker(10, 3)
    for offset in (10, 11):
        tracker.receive(offset, 1)
    tracker.settle(11, 1, 3)
    return tracker


@pytest.mark.parametrize("change", [LogChange.REPLACED, LogChange.TRUNCATED])
def test_another_log_is_read_from_its_beginning(change: LogChange) -> None:
    after = tracker_after(change, Log(_OTHER, 2, 90), _tracker())
    assert (after.next_to_receive, after.settled_beyond(), after.epoch) == (2, b"", 3)


def test_trimmed_log_is_read_from_what_is_left_of_it() -> None:
    assert tracker_after(LogChange.TRIMMED, Log(_OURS, 40, 90), _tracker()).next_to_receive == 40
    kept = tracker_after(LogChange.TRIMMED, Log(_OURS, 5, 90), _tracker())
    assert [kept.receive(offset, 1) for offset in (10, 11, 12)] == [True, False, True]
