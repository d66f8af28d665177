"""What a record changes in the figures; above all what does not."""

import pytest

from deploy.data_team.events import Known, changes_of


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (b"notification.created", b"{"),
        (b"notification.created", b"[]"),
        (b"notification.created", b'{"id": "1"}'),
        (b"notification.created", None),
        (b"notification.read", b'{"user_id": "ana", "changed": null}'),
        (b"notification.parked", b"{}"),
        (b"something.new", b"{}"),
        (None, b"{}"),
    ],
)
def test_what_is_unknown_or_unreadable_is_passed_over(
    kind: bytes | None, value: bytes | None
) -> None:
    assert changes_of([("ce_type", kind)], value) == []
    assert changes_of([], value) == []


def test_what_happened_first_counts_and_the_archive_is_where_it_is_now() -> None:
    first = Known("1", "ana", seen_at="a", is_archived=True)
    later = Known("1", "ana", seen_at="b", read_at="b", is_archived=False)
    assert first.with_later(later) == Known("1", "ana", seen_at="a", read_at="b", is_archived=False)
    assert first.with_later(Known("1", "ana")).is_archived
