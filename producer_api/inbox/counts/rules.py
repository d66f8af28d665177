"""Decides what counts as unread and unseen, and how changes of notifications change the counters.

Pure. An unread notification is counted in one of two places, never in both: by its entry in the
index of unread notifications, or, once it is `folded`, in its user's counters (docs/adr/0007).
"""

from collections.abc import Iterable
from typing import NamedTuple

from producer_api.contract.notification import Document


class Counts(NamedTuple):
    """The numbers on the badge. Archived, expired, superseded and removed ones do not count."""

    unread_count: int
    unseen_count: int


class Tally(NamedTuple):
    """The counts, and how many of the notifications counted in the index could be folded."""

    counts: Counts
    foldable: int


#: Projection of the fields that decide how a document counts.
COUNTED_FIELDS = dict.fromkeys(
    ("folded", "seen_at", "read_at", "archived_at", "superseded_by", "removed"), 1
)


def folded_counts(documents: Iterable[Document]) -> Counts:
    """Return what these documents add to the counters. Only folded, unread documents count."""
    unread = [document for document in documents if document.get("folded") and _unread(document)]
    return Counts(len(unread), sum(document.get("seen_at") is None for document in unread))


def difference(before: Iterable[Document], after: Iterable[Document]) -> Counts:
    """Return what to add to a user's counters when documents change from `before` to `after`.

    Pass an empty `after` if the documents are deleted, or no longer count.
    """
    old, new = folded_counts(before), folded_counts(after)
    return Counts(new.unread_count - old.unread_count, new.unseen_count - old.unseen_count)


def _unread(document: Document) -> bool:
    # Use `get`: a field of a damaged notification may be missing.
    return not any(map(document.get, ("read_at", "archived_at", "superseded_by", "removed")))
