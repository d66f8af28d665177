"""Decides what counts as unread and unseen, and how changes of notifications change the counters.

Pure. An unread notification is counted in one of two places, never in both. At first, its entry in
the index of unread notifications is counted. Once it is `folded`, its user's counters include it
(docs/adr/0007).
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from producer_api.contract.category import MOST_COUNTED, category_of, is_category
from producer_api.contract.notification import Document

#: A user with folded notifications of more categories than this has no counters by category.
MOST_CATEGORIES = 100


class Counts(NamedTuple):
    """The numbers on the badge.

    Archived, expired, superseded, muted and withdrawn notifications do not count.
    """

    unread_count: int
    unseen_count: int


_NONE = Counts(0, 0)
#: Counts by category. The counts of an absent category are 0.
ByCategory = Mapping[str, Counts]
_EMPTY: ByCategory = MappingProxyType({})


class Tally(NamedTuple):
    """The counts of a user, and the parts that they are made of."""

    counts: Counts
    foldable: int
    """How many of the notifications that were counted in the index could be folded."""
    unfolded: ByCategory = _EMPTY
    folded: ByCategory | None = _EMPTY
    """None if these counts are not known, as in `Counters`."""
    is_outdated: bool = False
    """Whether the counters by category are not known, but can be counted again."""

    def of(self, categories: Iterable[str]) -> ByCategory | None:
        """Return the counts of these categories; None if they are not known."""
        if self.folded is None:
            return None
        return {
            name: _sum(self.folded.get(name, _NONE), self.unfolded.get(name, _NONE), 1)
            for name in categories
        }

    def of_changed(self, documents: Iterable[Document]) -> ByCategory | None:
        """Return the counts of these documents' categories; None if unknown, or if too many."""
        names = sorted({name for name in map(_category, documents) if is_category(name)})
        return self.of(names) if len(names) <= MOST_COUNTED else None


class Counters(NamedTuple):
    """What the user's folded notifications add to the counts."""

    counts: Counts = _NONE
    by_category: ByCategory | None = _EMPTY
    """None if not known: an earlier version changed the counters, or the categories are too many.
    """

    def plus(self, documents: Iterable[Document], sign: int) -> "Counters":
        """Return the counters with these documents added, or subtracted if the sign is -1."""
        total, by_category = self.counts, self.by_category
        changed = dict(by_category or {})
        for category, counts in _folded_by_category(documents).items():
            total = _sum(total, counts, sign)
            if is_category(category):  # no request can name any other
                changed[category] = _sum(changed.get(category, _NONE), counts, sign)
        is_known = by_category is not None and len(changed) <= MOST_CATEGORIES
        return Counters(total, changed if is_known else None)


#: Projection of the fields that decide how a document counts.
COUNTED_FIELDS = dict.fromkeys(
    ("type", "folded", "seen_at", "read_at", "archived_at", "superseded_by", "removed"), 1
)


class Difference(NamedTuple):
    """Documents before and after a change. An empty `after` means that they no longer count."""

    before: tuple[Document, ...]
    after: tuple[Document, ...]

    def __bool__(self) -> bool:
        """Return whether the change concerns folded notifications at all."""
        return any(document.get("folded") for document in (*self.before, *self.after))

    def applied_to(self, counters: Counters) -> Counters:
        """Return the counters after the change."""
        return counters.plus(self.before, -1).plus(self.after, 1)


def difference(before: Iterable[Document], after: Iterable[Document]) -> Difference:
    """Return the change of a user's counters when documents change from `before` to `after`.

    Pass an empty `after` if the documents are deleted, or no longer count.
    """
    return Difference(tuple(before), tuple(after))


def _folded_by_category(documents: Iterable[Document]) -> dict[str, Counts]:
    """Return what these documents add to the counters. Only folded, unread documents count."""
    counts: dict[str, Counts] = {}
    for document in documents:
        if document.get("folded") and _unread(document):
            category = _category(document)
            one = Counts(1, int(document.get("seen_at") is None))
            counts[category] = _sum(counts.get(category, _NONE), one, 1)
    return counts


def _category(document: Document) -> str:
    kind: Any = document.get("type")  # in a damaged notification, it may be anything
    return category_of(kind) if isinstance(kind, str) else ""


def _sum(one: Counts, other: Counts, sign: int) -> Counts:
    return Counts(
        one.unread_count + sign * other.unread_count, one.unseen_count + sign * other.unseen_count
    )


def _unread(document: Document) -> bool:
    # Use `get`: a field of a damaged notification may be missing.
    return not any(map(document.get, ("read_at", "archived_at", "superseded_by", "removed")))
