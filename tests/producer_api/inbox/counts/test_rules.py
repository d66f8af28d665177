"""Counting of a notification, and the effect of its changes on the counters."""

from datetime import UTC, datetime
from typing import Any

import pytest

from producer_api.inbox.counts.rules import difference, folded_counts
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
    assert folded_counts([document(**fields)]) == counts


def test_difference_is_the_counts_after_minus_those_before() -> None:
    unread, seen = document(folded=True), document(folded=True, seen_at=_AT)
    read = document(folded=True, seen_at=_AT, read_at=_AT)
    assert difference([unread, seen], [seen, seen]) == (0, -1)
    assert difference([read], [seen]) == (1, 0)
    assert difference([unread, seen, read], []) == (-2, -1)
    assert difference([document()], [document(read_at=_AT)]) == (0, 0)
