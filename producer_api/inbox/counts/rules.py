"""What unread and unseen mean, and what a change of notifications changes in their user's counters.

Pure. A notification is counted by its entry in the index of what is unread and not folded, or,
once it is `folded`, in its user's counters: never in both (docs/adr/0007).
"""

from collections.abc import Iterable
from typing import NamedTuple

from producer_api.contract.notification import Document


class Counts(NamedTuple):
    """What the badge shows: neither archived, nor expired, nor superseded ones count."""

    unread_count: int
    unseen_count: int


class Tally(NamedTuple):
    """Counts, and how many of the notifications that had to be looked at for them could fold."""

    counts: Counts
    foldable: int


#: The fields of a document that are looked at here.
COUNTED_FIELDS = dict.fromkeys(("folded", "seen_at", "read_at", "archived_at", "superseded_by"), 1)


def folded_counts(documents: Iterable[Document]) -> Counts:
    """What the counters hold for these: nothing for what is not folded, or not unread."""
    unread = [each for each in documents if each.get("folded") and _unread(each)]
    return Counts(len(unread), sum(each["seen_at"] is None for each in unread))


def difference(before: Iterable[Document], after: Iterable[Document]) -> Counts:
    """By how much the counters of a user change when the notifications `before` become those
    `after`; without them: when they are deleted, or come to count no more.
    """
    old, new = folded_counts(before), folded_counts(after)
    return Counts(new.unread_count - old.unread_count, new.unseen_count - old.unseen_count)


def _unread(document: Document) -> bool:
    fields = (document["read_at"], document["archived_at"], document["superseded_by"])
    return not any(fields)
