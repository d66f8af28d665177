"""Counting of a notification, and the effect of its changes on the counters."""

from datetime import UTC, datetime
from typing import Any

import pytest

from producer_api.contract.category import MOST_COUNTED
from producer_api.inbox.counts.rules import MOST_CATEGORIES, Counters, Counts, Tally, difference
from tests.producer_api.documents import document

_AT = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({"folded": True}, (1, 1)),
        ({"folded": True, "seen_at": _AT}, (1, 0)),
        ({"folded": True, "seen_at": _AT, "read_at": _AT}, (0, 0)),
        ({"folded": True, "archived_at": _AT}, (0, 0)),
        ({"folded": True, "superseded_by": "newer"}, (0, 0)),
        ({"folded": True, "removed": "muted"}, (0, 0)),
        ({"folded": True, "removed": "withdrawn"}, (0, 0)),
        ({}, (0, 0)),
    ],
)
def test_counters_hold_only_folded_unread_notifications(
    fields: dict[str, Any], counts: tuple[int, int]
) -> None:
    assert Counters().plus([document(**fields)], 1).counts == counts


def test_difference_changes_the_counters_by_what_is_after_minus_what_was_before() -> None:
    unread, seen = document(folded=True), document(folded=True, seen_at=_AT)
    read = document(folded=True, seen_at=_AT, read_at=_AT)
    begin = Counters(Counts(9, 9), {"order": Counts(9, 9)})
    for before, after, counts in (
        ([unread, seen], [seen, seen], (9, 8)),
        ([read], [seen], (10, 9)),
        ([unread, seen, read], [], (7, 8)),
        ([document()], [document(read_at=_AT)], (9, 9)),
    ):
        counters = difference(before, after).applied_to(begin)
        assert counters == (counts, {"order": counts})


def test_counters_are_kept_by_category() -> None:
    new = [document(folded=True, type=kind) for kind in ("offer.new", "offer", "order.shipped")]
    counters = difference([], new).applied_to(Counters())
    assert counters.by_category == {"offer": (2, 2), "order": (1, 1)}
    fewer = difference(new[:1], []).applied_to(counters)
    assert fewer == ((2, 2), {"offer": (1, 1), "order": (1, 1)})
    damaged = [document(folded=True, type=kind) for kind in (".x", "$a", 7, None)]
    assert difference([], damaged).applied_to(Counters()) == ((4, 4), {})


def test_counters_of_too_many_categories_and_unknown_ones_keep_the_totals() -> None:
    many = [document(folded=True, type=f"c{number}") for number in range(MOST_CATEGORIES + 1)]
    counters = difference([], many).applied_to(Counters())
    assert counters.counts == (len(many), len(many))
    assert counters.by_category is None
    assert difference(many[:1], []).applied_to(counters).by_category is None


def test_a_tally_has_the_counts_of_changed_categories_unless_they_are_too_many() -> None:
    tally = Tally(Counts(9, 9), 0, {"order": Counts(2, 1)}, {"order": Counts(3, 3)})
    changed = [document(type=kind) for kind in ("order.shipped", "order", "offer.new", ".x", 7)]
    assert tally.of_changed(changed) == {"order": (5, 4), "offer": (0, 0)}
    assert tally._replace(folded=None).of_changed(changed) is None
    many = [document(type=f"c{number}") for number in range(MOST_COUNTED + 1)]
    assert len(tally.of_changed(many[1:]) or ()) == MOST_COUNTED
    assert tally.of_changed(many) is None


def test_only_changes_of_folded_notifications_matter() -> None:
    assert not difference([document()], [document(read_at=_AT)])
    assert difference([document()], [document(folded=True)])
