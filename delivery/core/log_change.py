"""Decides whether a partition's log is still the one that its tracker was reading."""

from dataclasses import dataclass
from enum import StrEnum

from delivery.core.tracker import Tracker


class LogChange(StrEnum):
    """What happened to a partition's log."""

    REPLACED = "replaced"
    """The topic was deleted and made again."""
    TRUNCATED = "truncated"
    """The log ends before what was read or committed: its last records are lost."""
    TRIMMED = "trimmed"
    """The log begins after what was read: records were deleted before they were read."""


@dataclass(frozen=True, slots=True)
class Log:
    """A partition's log: its topic's id, its first offset, and the offset after its last record."""

    topic_id: str
    beginning: int
    end: int


def change_of(log: Log, tracked_id: str, received: int, received_since: int) -> LogChange | None:
    """Return how the log has changed; None if it has not.

    `received` is the offset that the tracker expected next before Kafka was asked about the log,
    and `received_since` the one that it expected next after the answer.
    """
    if log.topic_id != tracked_id:
        return LogChange.REPLACED
    if received > log.end:
        return LogChange.TRUNCATED
    # The tracker never moves past records that it was not given. So if it has reached the log's new
    # beginning by now, it had received the deleted records before they were deleted.
    if received_since < log.beginning:
        return LogChange.TRIMMED
    return None


def tracker_after(log: Log, old: Tracker) -> Tracker:
    """Return a tracker that begins where the changed log begins.

    After `TRIMMED`, none of the remaining records was received before. After the other changes, it
    is unknown which records were read, so all are read again: the inbox knows which ones are still
    owed.
    """
    return Tracker(log.beginning, old.epoch)
