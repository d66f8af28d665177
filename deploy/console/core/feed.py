"""The feed of records for the river: shows a limited number of them, and counts the rest."""

from collections import Counter
from typing import Any, NamedTuple

from deploy.console.core.event import Event
from deploy.console.core.facts import Change, Created, DeadLetter, Erased, Fact, Receipt
from producer_api.contract.masked_user import masked

#: How many records one event of the river shows. With ten events a second, a viewer's eyes cannot
#: follow more.
MOST_RECORDS = 20
#: In characters. A record's texts may be as long as the record, and each page may lag 50 events
#: behind. No text of ours is longer.
_LONGEST_TEXT = 500


class FeedRecord(NamedTuple):
    """A record as the river shows it. `user` is masked."""

    kind: str
    partition: int
    offset: int | None = None
    id: str | None = None
    user: str | None = None
    type: str | None = None
    latency_ms: int | None = None
    attempt: int | None = None
    owner: str | None = None
    edge: str | None = None
    reason: str | None = None


class Feed:
    """Owns the records that have come since the last event of the river."""

    def __init__(self) -> None:
        self._records: list[FeedRecord] = []
        self._more: dict[int, Counter[str]] = {}

    def add(self, record: FeedRecord) -> None:
        """Add a record. After the first `MOST_RECORDS`, further ones are only counted."""
        if len(self._records) < MOST_RECORDS:
            self._records.append(FeedRecord(*map(_cut, record)))
        else:
            self._more.setdefault(record.partition, Counter())[record.kind] += 1

    def take(self) -> dict[str, Any] | None:
        """Return the records for one event, and forget them. Returns None if there are none."""
        if not self._records:
            return None
        records, more = self._records, self._more
        self._records, self._more = [], {}
        return {
            "records": [record._asdict() for record in records],
            "more": {str(lane): dict(counts) for lane, counts in more.items()},
        }


def _cut(value: Any) -> Any:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else value


def feed_record(event: Event, fact: Fact, *, is_main: bool) -> FeedRecord | None:
    """Return how the river shows an event; None if another event already shows the same.

    `is_main` says whether the event is from the main topic.
    """
    lane, offset = event.partition, event.offset if is_main else None
    match fact:
        case Created():
            return FeedRecord("created", lane, offset, fact.id, masked(fact.user), fact.type)
        case Receipt(kind="dead_lettered" | "withdrawn"):
            return None  # shown already, by the dead letter or the withdrawal's record
        case Receipt():
            return FeedRecord(
                fact.kind,
                lane,
                offset,
                fact.id,
                masked(fact.user),
                latency_ms=fact.latency,
                attempt=fact.attempt,
                owner=fact.owner,
                edge=fact.edge,
                reason=fact.reason,
            )
        case Change():
            (only,) = fact.marks if len(fact.marks) == 1 else (None,)
            return FeedRecord(fact.kind, lane, offset, only and only.id, masked(fact.user))
        case Erased():
            return FeedRecord("erased", lane, offset, None, masked(fact.user))
        case DeadLetter():
            lane = lane if fact.partition is None else fact.partition
            user = None if fact.user is None else masked(fact.user)
            return FeedRecord("dead_lettered", lane, None, fact.id, user, reason=fact.reason)
