"""A damaged entry is set aside, and the entries beside it are claimed."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace as Namespace
from typing import Any

import pytest

from delivery.away.core.entry import Way
from delivery.away.store.entries import Entries

_NOW = datetime(2026, 11, 2, 8, 5, tzinfo=UTC)


def _stored(number: int, **fields: object) -> dict[str, Any]:
    return {
        "_id": f"n{number}:push",
        "way": "push",
        "notification": f"n{number}",
        "user_id": "ana",
        "category": "order",
        "due_at": _NOW,
        "failures": 0,
        **fields,
    }


class _Collection:
    """Returns these documents to every query, and records which are set aside."""

    def __init__(self, documents: Sequence[Mapping[str, Any]]) -> None:
        self._documents = documents
        self.set_aside: list[str] = []

    def find(self, *_: object, **__: object) -> object:
        async def to_list(_: object) -> Sequence[Mapping[str, Any]]:
            return self._documents

        return Namespace(to_list=to_list)

    async def update_many(self, *_: object) -> None:
        pass

    async def update_one(self, query: Mapping[str, Any], _: object) -> None:
        self.set_aside.append(query["_id"])


@pytest.mark.parametrize(
    "damage",
    [
        {"notification": {"id": "n0"}},
        {"notification": 1},
        {"user_id": ["ana"]},
        {"category": None},
        {"told": [1, "s"]},
        {"told": [["s"]]},
        {"told": None},
        {"failures": 2**63 - 1},
        {"failures": -1},
        {"due_at": "soon"},
    ],
    ids=str,
)
async def test_a_damaged_entry_is_set_aside(damage: Mapping[str, Any]) -> None:
    collection = _Collection([_stored(0, **damage), _stored(1, told=["s"], failures=2)])
    claims = await Entries(collection, 60, 60).claim(Way.PUSH, {}, 10, _NOW)
    assert [claim.entry.id for claim in claims] == ["n1:push"]
    assert collection.set_aside == ["n0:push"]
