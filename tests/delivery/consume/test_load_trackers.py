"""The first offset of a tracker depends on the coordinator's answer."""

import pytest
from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata

from delivery.consume.load_trackers import NoCommittedOffsetError, tracker_of
from delivery.core import settled_map

_TP = TopicPartition("notifications", 3)


def test_tracker_starts_at_the_committed_offset_with_its_map() -> None:
    text = settled_map.encode(b"\0\1")
    answer = {_TP: OffsetAndMetadata(40, text)}
    tracker = tracker_of(_TP, answer, (10, 60), epoch=1)
    assert tracker.next_to_commit == 40
    assert [tracker.receive(offset, 1) for offset in (40, 41, 42)] == [True, False, True]


@pytest.mark.parametrize("committed", [-1, 9, 61])
def test_tracker_starts_at_the_log_beginning_without_a_usable_offset(
    committed: int,
) -> None:
    tracker = tracker_of(_TP, {_TP: OffsetAndMetadata(committed, "")}, (10, 60), epoch=1)
    assert tracker.next_to_commit == 10


def test_damaged_map_is_ignored() -> None:
    tracker = tracker_of(_TP, {_TP: OffsetAndMetadata(40, "?")}, (10, 60), epoch=1)
    assert (tracker.next_to_commit, tracker.receive(41, 1)) == (40, True)


def test_missing_answer_does_not_rewind_the_group() -> None:
    with pytest.raises(NoCommittedOffsetError, match="notifications-3"):
        tracker_of(_TP, {}, (0, 60), epoch=1)
