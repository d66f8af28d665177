"""Queries about many notifications, which MongoDB would refuse in one piece."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

from bson import encode

from delivery.inbox import Inbox
from delivery.tools.tool_inbox import ToolInbox
from producer_api.contract.ids import floor_id
from producer_api.contract.known_topic import COLLECTION as TOPICS
from producer_api.contract.notification import COLLECTION

#: What MongoDB allows for one document, and so for one query.
_MOST_BYTES = 16 * 1024 * 1024


class _Collection:
    """Finds all notifications, and refuses queries that MongoDB would refuse."""

    def __init__(self) -> None:
        self.updated: list[str] = []

    async def find(self, query: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        assert len(encode(query)) < _MOST_BYTES
        for each in query["_id"]["$in"]:
            yield {"_id": each}

    async def update_many(self, query: dict[str, Any], _: object) -> None:
        assert len(encode(query)) < _MOST_BYTES
        self.updated += query["_id"]["$in"]


async def test_any_number_of_notifications_is_found_and_owed_again() -> None:
    collection = _Collection()
    database = {COLLECTION: collection, TOPICS: None}
    inbox = ToolInbox(cast("Inbox", SimpleNamespace(database=database)))
    ids = [floor_id(number) for number in range(400_000)]
    assert sorted(await inbox.find(ids)) == ids
    await inbox.owe_again(ids)
    assert collection.updated == ids
