"""Marks: the fields that they change, and the events that report the changes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from producer_api.contract.events import EventType
from producer_api.inbox.marks import MarkChange, event_types
from tests.producer_api.documents import document

_BEFORE = datetime(2026, 6, 1, tzinfo=UTC)
_AT = datetime(2026, 6, 2, tzinfo=UTC)
_SEEN = {"seen_at": _BEFORE}
_READ = {"seen_at": _BEFORE, "read_at": _BEFORE}
_ARCHIVED = {"archived_at": _BEFORE}


@pytest.mark.parametrize(
    ("fields", "marks", "changes", "types"),
    [
        ({}, MarkChange(seen=True), {"seen_at": _AT}, [EventType.SEEN]),
        ({}, MarkChange(read=True), {"seen_at": _AT, "read_at": _AT}, [EventType.READ]),
        (_SEEN, MarkChange(read=True), {"read_at": _AT}, [EventType.READ]),
        (_READ, MarkChange(read=False), {"read_at": None}, [EventType.UNREAD]),
        ({}, MarkChange(archived=True), {"archived_at": _AT}, [EventType.ARCHIVED]),
        (_ARCHIVED, MarkChange(archived=False), {"archived_at": None}, [EventType.UNARCHIVED]),
        (
            {},
            MarkChange(read=True, seen=True, archived=True),
            {"seen_at": _AT, "read_at": _AT, "archived_at": _AT},
            [EventType.READ, EventType.ARCHIVED],
        ),
        ({}, MarkChange(read=False, seen=True), {"seen_at": _AT}, [EventType.SEEN]),
        (_READ, MarkChange(read=True, seen=True), {}, []),
        (_READ, MarkChange(read=True, archived=False), {}, []),
        ({}, MarkChange(read=False, archived=False), {}, []),
        (_ARCHIVED, MarkChange(archived=True), {}, []),
    ],
)
def test_marks_change_only_fields_that_differ(
    fields: dict[str, Any], marks: MarkChange, changes: dict[str, Any], types: list[EventType]
) -> None:
    actual = marks.changes(document(**fields), _AT)
    assert actual == changes
    assert event_types(actual) == types
