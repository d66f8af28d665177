"""A batch costs one query for preferences, or none if nobody can mute its categories."""

from collections.abc import Collection
from typing import Any, cast

from motor.motor_asyncio import AsyncIOMotorClientSession

from producer_api.contract.notification import Document
from producer_api.preferences.muting import Muting
from producer_api.preferences.preference_store import PreferenceStore
from tests.producer_api.documents import document

_SESSION = cast("AsyncIOMotorClientSession", None)


class _Store:
    """Replaces MongoDB: ana has muted offers and orders, and eve has muted news."""

    def __init__(self) -> None:
        self.queries: list[tuple[set[str], set[str]]] = []

    async def muted(
        self, user_ids: Collection[str], categories: Collection[str], _: Any
    ) -> dict[str, list[str]]:
        self.queries.append((set(user_ids), set(categories)))
        return {"ana": ["offer", "order"], "eve": ["news"]}


def _one(number: int, user: str, kind: str) -> Document:
    return document(_id=str(number), user_id=user, type=kind)


async def test_one_query_decides_about_a_whole_batch() -> None:
    muting = Muting(cast("PreferenceStore", store := _Store()), ["order"])
    batch = [
        _one(1, "ana", "offer.new"),
        _one(2, "eve", "offer.new"),
        _one(3, "eve", "news"),
        _one(4, "ana", "order.shipped"),
        _one(5, "zoe", "offering"),
    ]
    assert await muting.muted(batch, _SESSION) == {"1", "3"}
    assert store.queries == [({"ana", "eve", "zoe"}, {"offer", "news", "offering"})]


async def test_categories_that_nobody_can_mute_cost_no_query() -> None:
    muting = Muting(cast("PreferenceStore", store := _Store()), ["order", "payment"])
    batch = [_one(1, "ana", "order.shipped"), _one(2, "ana", "payment")]
    assert await muting.muted(batch, _SESSION) == frozenset()
    assert store.queries == []
