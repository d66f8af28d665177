"""Counters by category are counted again if they are damaged, or do not add up to the totals."""

import math
from typing import Any

import pytest

from producer_api.inbox.counts.rules import Counters, Counts
from producer_api.inbox.counts.stored_counters import is_outdated, read_counters, stored

_COUNTERS = Counters(Counts(5, 2), {"offer": Counts(2, 2), "order": Counts(3, 0)})


def test_counters_are_read_as_they_were_stored() -> None:
    assert read_counters(stored(_COUNTERS)) == _COUNTERS
    assert not is_outdated(stored(_COUNTERS))
    emptied = Counters(Counts(2, 2), {"offer": Counts(2, 2), "order": Counts(0, 0)})
    assert read_counters(stored(emptied)).by_category == {"offer": (2, 2)}


@pytest.mark.parametrize(
    "changed",
    [
        {"categories": None},
        {"unread": 6},  # an earlier version has changed only the totals
        {"unseen": 1},
        {"categories": {"of": [5, 2]}},
        {"categories": {"of": [5, 2], "counts": [1]}},
        {"categories": {"of": [5, 2], "counts": {"offer": 3}}},
        {"categories": {"of": [5, 2], "counts": {"offer": [1]}}},
    ],
)
def test_outdated_or_damaged_counters_are_counted_again(changed: dict[str, Any]) -> None:
    turn = {**stored(_COUNTERS), **changed}
    assert read_counters(turn).by_category is None
    assert is_outdated(turn)


def test_counters_of_too_many_categories_are_not_counted_again() -> None:
    turn = stored(Counters(Counts(5, 2), None))
    assert read_counters(turn) == ((5, 2), None)
    assert not is_outdated(turn)


def test_without_folded_notifications_all_categories_have_none() -> None:
    for turn in ({}, {"unread": 0, "unseen": 0}, {"unread": "x"}):
        assert read_counters(turn) == ((0, 0), {})
        assert not is_outdated(turn)


@pytest.mark.parametrize("damaged", ["x", None, math.nan, math.inf, -math.inf, 1e300, 2**63 - 1])
def test_a_damaged_total_counts_as_zero(damaged: object) -> None:
    assert read_counters({"unread": damaged, "unseen": 2}) == ((0, 2), None)
