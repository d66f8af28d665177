"""Reading the outbox at a new primary, and reading a long queue.

A new primary has every open intent, but may not know yet that a majority has it.
"""

from collections.abc import AsyncIterator
from typing import Any, Self, cast

import pytest
from motor.motor_asyncio import AsyncIOMotorCollection

from producer_api.outbox.intents import Intents
from runtime import slices
from tests.producer_api.turns import turns_of


class _Cursor:
    def __init__(self, found: list[dict[str, Any]]) -> None:
        self._found = found

    def sort(self, *_: object) -> Self:
        return self

    def limit(self, _count: int) -> Self:
        return self

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        for item in self._found:
            yield item


class _NewPrimary:
    """A collection with an open intent, which only reads with the concern `local` find."""

    def __init__(self, *, is_local: bool = False, queued: list[str] | None = None) -> None:
        self._is_local = is_local
        self.queued: list[str] = [] if queued is None else queued

    def with_options(self, **options: Any) -> "_NewPrimary":
        is_local = options["read_concern"].level == "local"
        return _NewPrimary(is_local=is_local, queued=self.queued)

    def find(self, *_: object, **_options: object) -> _Cursor:
        intent = {"_id": "earlier", "milliseconds": 2_000, "opened_at": None}
        return _Cursor([intent] if self._is_local else [])

    async def update_one(self, query: dict[str, Any], _change: object) -> None:
        self.queued.append(query["_id"])


async def test_an_open_predecessor_is_found_at_a_new_primary() -> None:
    collection = _NewPrimary()
    intents = Intents(cast("AsyncIOMotorCollection[dict[str, Any]]", collection))
    assert await intents.oldest_open(["earlier"]) == 2
    await intents.take_over_up_to(["earlier"])
    assert collection.queued == ["earlier"]


class _Queue(_NewPrimary):
    """A collection with many queued intents."""

    def find(self, *_: object, **_options: object) -> _Cursor:
        return _Cursor([{"_id": str(number), "ids": [], "records": []} for number in range(20)])


async def test_other_tasks_run_while_many_intents_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "SLICE_SECONDS", 0)
    intents = Intents(cast("AsyncIOMotorCollection[dict[str, Any]]", _Queue()))
    turns, found = await turns_of(intents.oldest_queued(500))
    assert [intent.id for intent in found] == [str(number) for number in range(20)]
    assert turns >= len(found)
