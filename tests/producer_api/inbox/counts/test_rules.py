"""What the counters of a user hold for a notification, and by how much a change changes them."""

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
        ({}, (0, 0)),
    ],
)
def test_only_what_is_folded_and_unread_is_in_the_counters(
    fields: dict[str, Any], counts: tuple[int, int]
) -> None:
    assert folded_counts([document(**fields)]) == counts


def test_the_difference_is_what_comes_less_what_goes() -> None:
    unread, seen = document(folded=True), document(folded=True, seen_at=_AT)
    read = document(folded=True, seen_at=_AT, read_at=_AT)
    assert difference([unread, seen], [seen, seen]) == (0, -1)
    assert difference([read], [seen]) == (1, 0)
    assert difference([unread, seen, read], []) == (-2, -1)
    assert difference([document()], [document(read_at=_AT)]) == (0, 0)
