"""Damaged documents of owed receipts stop nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace as Namespace
from typing import Any, cast

import pytest
from motor.motor_asyncio import AsyncIOMotorCollection

from delivery.inbox import ExpiryPosition
from delivery.receipts.owed_receipts import OwedReceipts

_AT = datetime(2026, 11, 2, 8, 5, tzinfo=UTC)
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def _owed(*documents: Mapping[str, Any]) -> OwedReceipts:
    """Return the receipts of a collection with these documents."""

    async def find_one(_: object) -> Mapping[str, Any] | None:
        return next(iter(documents), None)

    async def to_list(_: object) -> list[Mapping[str, Any]]:
        return list(documents)

    cursor = Namespace(to_list=to_list)
    cursor.sort = cursor.limit = lambda *_: cursor
    collection = Namespace(find_one=find_one, find=lambda _: cursor)
    return OwedReceipts(cast(AsyncIOMotorCollection[Any], collection), "http://here:1")


@pytest.mark.parametrize(
    "position",
    [{}, {"last_at": _AT}, {"last_at": "soon", "last_id": "n"}, {"last_at": _AT, "last_id": 1}],
    ids=str,
)
async def test_a_damaged_expiry_position_begins_again(position: Mapping[str, Any]) -> None:
    assert await _owed({"_id": "expired", **position}).last_expiry() == ExpiryPosition(_BEGINNING)


async def test_an_expiry_position_is_read() -> None:
    stored = {"_id": "expired", "last_at": _AT, "last_id": "n"}
    assert await _owed(stored).last_expiry() == ExpiryPosition(_AT, "n")


@pytest.mark.parametrize(
    "damage", [{"instance": ["http://here:1"]}, {"moments": [float("inf")]}], ids=str
)
async def test_a_damaged_document_is_skipped(damage: Mapping[str, Any]) -> None:
    sound = {"instance": "http://there:1", "at": _AT, "delivered": [["ana", ["n"], 1]]}
    owed = _owed({"_id": 1, **sound, **damage}, {"_id": 2, **sound})
    assert [each.id for each in await owed.oldest(0, 10)] == [2]
