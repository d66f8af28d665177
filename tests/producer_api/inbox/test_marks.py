"""Marks: the fields that they change, and the events that report the changes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from producer_api.contract.events import EventType
from producer_api.inbox.marks import Marks, event_types
from tests.producer_api.documents import document

_BEFORE = datetime(2026, 6, 1, tzinfo=UTC)
_AT = datetime(2026, 6, 2, tzinfo=UTC)
_SEEN = {"seen_at": _BEFORE}
_READ = {"seen_at": _BEFORE, "read_at": _BEFORE}
_ARCHIVED = {"archived_at": _BEFORE}


@pytest.mark.parametrize(
    ("fields", "marks", "changes", "types"),
    [
        ({}, Marks(seen=True), {"seen_at": _AT}, [EventType.SEEN]),
        ({}, Marks(read=True), {"seen_at": _AT, "read_at": _AT}, [EventType.READ]),
        (_SEEN, Marks(read=True), {"read_at": _AT}, [EventType.READ]),
        (_READ, Marks(read=False), {"read_at": None}, [EventType.UNREAD]),
        ({}, Marks(archived=True), {"archived_at": _AT}, [EventType.ARCHIVED]),
        (_ARCHIVED, Marks(archived=False), {"archived_at": None}, [EventType.UNARCHIVED]),
        (
            {},
            Marks(read=True, seen=True, archived=True),
            {"seen_at": _AT, "read_at": _AT, "archived_at": _AT},
            [EventType.READ, EventType.ARCHIVED],
        ),
        ({}, Marks(read=False, seen=True), {"seen_at": _AT}, [EventType.SEEN]),
        (_READ, Marks(read=True, seen=True), {}, []),
        (_READ, Marks(read=True, archived=False), {}, []),
        ({}, Marks(read=False, archived=False), {}, []),
        (_ARCHIVED, Marks(archived=True), {}, []),
    ],
)
def test_marks_change_only_fields_that_differ(
    fields: dict[str, Any], marks: Marks, changes: dict[str, Any], types: list[EventType]
) -> None:
    actual = marks.changes(document(**fields), _AT)
    assert actual == changes
    assert event_types(actual) == types
