"""What a batch of records means for the entries."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from delivery.away.core.entry import Entry, Way
from delivery.away.core.parse import Created, Erased, Settled


@dataclass(frozen=True, slots=True)
class EntryRules:
    """The rules for making entries."""

    after_seconds: float
    """How long after its creation a notification is due."""
    max_age_seconds: float
    """Older notifications make no entry."""
    ways_of: Callable[[str], Sequence[Way]]
    """Returns the ways in which a category is told."""


@dataclass(slots=True)
class EntryChanges:
    """What to do, in this order: write entries, delete entries, and make entries due."""

    entries: list[Entry] = field(default_factory=list)
    settled: set[str] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)
    too_old: int = 0
    without_way: int = 0

    def note(self, created: Created, now: datetime, rules: EntryRules) -> None:
        """Add the entries of a notification, unless it is settled in the same batch."""
        ways = rules.ways_of(created.category)
        if created.created_at < now - timedelta(seconds=rules.max_age_seconds):
            self.too_old += 1
        elif not ways:
            self.without_way += 1
        elif created.id not in self.settled:
            due_at = created.created_at + timedelta(seconds=rules.after_seconds)
            self.entries += [
                Entry(way, created.id, created.user, created.category, due_at) for way in ways
            ]


def changes_of(
    events: Iterable[Created | Settled | Erased | None], now: datetime, rules: EntryRules
) -> EntryChanges:
    """Return what these events mean, in whatever order they were read."""
    changes = EntryChanges()
    created: list[Created] = []
    for event in events:
        match event:
            case Created():
                created.append(event)
            case Settled(ids):
                changes.settled.update(ids)
            case Erased(user):
                changes.erased.add(user)
    for each in created:
        changes.note(each, now, rules)
    return changes
