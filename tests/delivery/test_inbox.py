"""Damaged notifications do not get into receipts, which Kafka would refuse."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace as Namespace
from typing import Any

import pytest

from delivery.inbox import ExpiryPosition, Inbox
from producer_api.contract.ids import IdSource

_AT = datetime(2026, 11, 2, 8, 5, tzinfo=UTC)
_BEGINNING = ExpiryPosition(datetime(2000, 1, 1, tzinfo=UTC))
_HUGE = "x" * 2_000_000
_ids = IdSource()


@pytest.fixture
def stored() -> list[Mapping[str, Any]]:
    """Return the documents that the collection returns to every query."""
    return []


@pytest.fixture
def inbox(stored: Sequence[Mapping[str, Any]]) -> Iterator[Inbox]:
    async def to_list(_: object) -> Sequence[Mapping[str, Any]]:
        return stored

    inbox = Inbox("mongodb://127.0.0.1:9/?connect=false", "unused")
    collection: Any = Namespace(find=lambda *_, **__: Namespace(to_list=to_list))
    inbox._notifications = collection
    yield inbox
    inbox.close()


async def test_an_expired_notification_of_a_damaged_user_gets_no_receipt(
    inbox: Inbox, stored: list[Mapping[str, Any]]
) -> None:
    sound = {"_id": _ids.next(), "user_id": "ana", "expires_at": _AT}
    stored += [{"_id": _ids.next(), "user_id": _HUGE, "expires_at": _AT}, sound]
    found = await inbox.expired(_BEGINNING, _AT, 10)
    assert [each.id for each in found] == [sound["_id"]]


@pytest.mark.parametrize("damage", [_HUGE, 1, {"id": "n"}], ids=["huge", "number", "object"])
async def test_a_damaged_reference_to_the_newer_notification_is_left_out(
    damage: object, inbox: Inbox, stored: list[Mapping[str, Any]]
) -> None:
    newer, ids = _ids.next(), [_ids.next() for _ in range(3)]
    stored += [
        {"_id": ids[0], "superseded_by": damage},
        {"_id": ids[1], "superseded_by": damage, "removed": "withdrawn"},
        {"_id": ids[2], "superseded_by": newer},
    ]
    found = await inbox.taken_back(["ana"], ids)
    assert [(each.id, each.superseded_by) for each in found] == [(ids[1], None), (ids[2], newer)]
