"""A partition's log may be replaced, or cut at either end, while a tracker reads it."""

import pytest

from delivery.core.log_change import Log, LogChange, change_of, tracker_after
from delivery.core.tracker import Tracker

_OURS, _OTHER = "1f", "2e"


@pytest.mark.parametrize(
    ("log", "received", "received_since", "change"),
    [
        (Log(_OURS, 0, 50), 50, 50, None),
        (Log(_OURS, 40, 50), 40, 40, None),
        (Log(_OTHER, 0, 90), 50, 50, LogChange.REPLACED),
        (Log(_OURS, 0, 49), 50, 60, LogChange.TRUNCATED),
        (Log(_OURS, 41, 50), 40, 40, LogChange.TRIMMED),
        pytest.param(Log(_OURS, 41, 50), 40, 45, None, id="deleted after they were received"),
        pytest.param(Log(_OURS, 0, 50), 50, 60, None, id="grown meanwhile"),
    ],
)
def test_change_of_the_log_is_found(
    log: Log, received: int, received_since: int, change: LogChange | None
) -> None:
    assert change_of(log, _OURS, received, received_since) is change


def test_a_changed_log_is_read_from_its_beginning() -> None:
    tracker = Tracker(10, 3)
    for offset in (10, 11):
        tracker.receive(offset, 1)
    tracker.settle(11, 1, 3)
    after = tracker_after(Log(_OTHER, 2, 90), tracker)
    assert (after.next_to_receive, after.settled_beyond(), after.epoch) == (2, b"", 3)
