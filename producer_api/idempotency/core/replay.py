"""What a repeated request is answered: decided from the record of the first one."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from producer_api.contract.notification import Document, public_json
from producer_api.intake.outcomes import Created, CreateFailedError, GoneError, Outcome


@dataclass(frozen=True, slots=True)
class Record:
    """What became of the first request of a key."""

    fingerprint: str | None
    """None once one of its users was erased: it hashes their data. Any body matches then."""
    intent_id: str
    items: list[str | CreateFailedError]
    """For each notification that was wanted its id, or why it was not created."""

    @property
    def ids(self) -> list[str]:
        """The notifications it created."""
        return [item for item in self.items if isinstance(item, str)]


class Verdict(Enum):
    """What to do about a repeat."""

    REUSED = auto()
    """Refuse it: the key belongs to another request."""
    IN_PROGRESS = auto()
    """Have it come again: whoever does the first one has not published it yet."""
    QUEUE_AND_REPLAY = auto()
    """Leave the publishing to the relay, as whoever did the first one is gone; then answer."""
    REPLAY = auto()
    """Answer what the first one was answered, or would have been."""


def judge(
    record: Record, fingerprint: str, open_seconds: float | None, patience_seconds: float
) -> Verdict:
    """`open_seconds` is how long the record's intent is open; None where it is not any more.

    An answer comes only behind the publishing or the queueing: a create that begins after it
    could overtake otherwise.
    """
    if record.fingerprint not in {None, fingerprint}:
        return Verdict.REUSED
    if open_seconds is None:
        return Verdict.REPLAY
    waits = open_seconds < patience_seconds
    return Verdict.IN_PROGRESS if waits else Verdict.QUEUE_AND_REPLAY


def outcomes(record: Record, existing: Mapping[str, Document]) -> list[Outcome]:
    """What the first request was answered; of notifications that are no more, that."""
    return [
        item if isinstance(item, CreateFailedError) else _outcome(existing.get(item))
        for item in record.items
    ]


def _outcome(document: Document | None) -> Outcome:
    if document is None:
        return GoneError("the notification that this request created exists no more")
    unmarked: Document = {
        **document,
        "delivered_at": None,
        "seen_at": None,
        "read_at": None,
        "archived_at": None,
    }
    return Created(unmarked, public_json(unmarked))
