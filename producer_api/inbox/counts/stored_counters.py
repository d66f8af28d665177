"""How a user's counters are stored in their document of `inbox_turns`.

`unread` and `unseen` are the totals. `categories` has the counts by category, and the totals that
they add up to. An earlier version changes only `unread` and `unseen`, so `categories` is outdated
if its totals differ from these.
"""

from collections.abc import Mapping
from typing import Any

from producer_api.inbox.counts.rules import Counters, Counts

#: Stored instead of the categories if there are too many. Then they are not counted any more.
_TOO_MANY = "too many"
#: No inbox has as many notifications. Larger counters are damaged: infinity is no whole number, and
#: sums beyond 64 bits could not be stored.
_MOST = 2**53


def read_counters(turn: Mapping[str, Any]) -> Counters:
    """Return the counters. A damaged total counts as 0, and damaged categories as not known."""
    totals = Counts(_whole(turn.get("unread")), _whole(turn.get("unseen")))
    return Counters(totals, _by_category(turn.get("categories"), totals))


def is_outdated(turn: Mapping[str, Any]) -> bool:
    """Return whether the counters by category are not known, but can be counted again."""
    return read_counters(turn).by_category is None and turn.get("categories") != _TOO_MANY


def stored(counters: Counters) -> dict[str, Any]:
    """Return the fields to store."""
    totals, by_category = counters
    categories: Any = _TOO_MANY
    if by_category is not None:
        counts = {name: list(of_name) for name, of_name in by_category.items() if any(of_name)}
        categories = {"of": list(totals), "counts": counts}
    return {"unread": totals.unread_count, "unseen": totals.unseen_count, "categories": categories}


def _by_category(categories: Any, totals: Counts) -> dict[str, Counts] | None:
    if not any(totals):
        return {}  # nothing is folded
    if not isinstance(categories, dict) or categories.get("of") != list(totals):
        return None
    counts = categories.get("counts")
    if not isinstance(counts, dict):
        return None
    try:
        return {name: Counts(*map(_whole, pair)) for name, pair in counts.items()}
    except TypeError:
        return None


def _whole(counter: object) -> int:
    # The comparison is also false for NaN.
    return int(counter) if isinstance(counter, int | float) and abs(counter) < _MOST else 0
