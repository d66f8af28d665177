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
    """A partition's log: its topic's id, and its offsets from `beginning` up to before `end`."""

    topic_id: str
    beginning: int
    end: int


def change_of(log: Log, believed_id: str, received: int, received_before: int) -> LogChange | None:
    """Return how the log has changed; None if it is what the tracker believes.

    `received` is the next offset to receive when the log was asked for, and `received_before` the
    one at the query before: the consumer moves to the beginning by itself when its position is
    deleted, perhaps before this query.
    """
    if log.topic_id != believed_id:
        return LogChange.REPLACED
    if received > log.end:
        return LogChange.TRUNCATED
    if received_before < log.beginning:
        return LogChange.TRIMMED
    return None


def tracker_after(change: LogChange, log: Log, old: Tracker) -> Tracker:
    """Return a tracker that begins where the log's truth begins.

    After `TRIMMED`, everything that remains is the same log. Otherwise, it is unknown which records
    were read, so all are read again: the inbox knows which ones are still owed.
    """
    if change is not LogChange.TRIMMED or old.next_to_commit < log.beginning:
        return Tracker(log.beginning, old.epoch)
    return Tracker(old.next_to_commit, old.epoch, old.settled_beyond())
