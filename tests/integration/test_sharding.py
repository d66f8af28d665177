"""No command of our programs asks every shard of a sharded MongoDB, except by design.

No mongos is available, so the profiler of a plain MongoDB records the commands.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio

from deploy.local.paths import ROOT
from tests.integration.producer_api.api import Api
from tests.integration.producer_api.stores import Stores
from tests.services.program import Program, running
from tests.services.sharding import SHARD_KEYS, Statement, statements
from tests.services.shopper import Shopper, connected
from tests.services.waiting import eventually
from tests.services.world import World
from tests.upgrade.exchange import share_requests

_PROGRAMS = ["producer_api", "delivery", "away"]
#: The commands that ask all shards, because they concern many users, or know only the id of a
#: notification. docs/capacity.md says why each is allowed.
_BY_DESIGN = {
    ("notifications", "find", frozenset({"_id"})): "the state of one notification, a withdrawal",
    ("notifications", "find", frozenset({"folded", "created_at"})): "retention",
    ("notifications", "update", frozenset({"folded", "created_at", "user_id"})): "retention",
    ("notifications", "aggregate", frozenset({"delivered_at", "removed", "superseded_by"})): (
        "the gauge of owed notifications"
    ),
    (
        "notifications",
        "find",
        frozenset({
            *("_id", "user_id", "delivered_at", "removed", "superseded_by"),
            *("expires_at", "$or"),
        }),
    ): "receipts of expired notifications",
    ("idempotency", "update", frozenset({"users"})): "an erasure",
}  # fmt: skip


@pytest_asyncio.fixture
async def world(stack_env: dict[str, str]) -> AsyncIterator[World]:
    """The topic, the inbox and the group of this test."""
    stack_env["DELIVERY_OFFLINE_POLICY"] = "hold"  # so that delivery also asks about held records
    async with World.opened(stack_env) as opened:
        yield opened


async def test_every_query_names_its_shards_or_may_ask_all(
    world: World, producer_api: Program, delivery: Program, stack_env: dict[str, str]
) -> None:
    async with running(producer_api), _recorded(world) as recorded:
        await share_requests(world, producer_api.url, producer_api.url)
        async with running(delivery), Api(producer_api.url) as api:
            await _deliver(world, api, delivery.url)
            await _settle_what_is_held(world, api)
        async with Stores.opened(stack_env, step=10) as stores:
            await _fold_and_unfold(world, stores)
    everywhere = [each for each in recorded if not each.names_its_shards]
    assert [each for each in everywhere if each.shape not in _BY_DESIGN] == []
    assert {each.shape for each in everywhere} == _BY_DESIGN.keys(), "each exception must occur"
    assert {each.collection for each in recorded} == SHARD_KEYS.keys()
    updates = [each.filter for each in recorded if each.kind == "update"]
    assert any({"_id", "user_id", "delivered_at"} == set(each) for each in updates)
    for collection in SHARD_KEYS:
        await _has_no_unique_index(world, collection)


def test_the_document_has_every_shard_key() -> None:
    text = (ROOT / "docs" / "capacity.md").read_text()
    missing = [name for name, key in SHARD_KEYS.items() if f"| `{name}` | `{key}` |" not in text]
    assert missing == []


@asynccontextmanager
async def _recorded(world: World) -> AsyncIterator[list[Statement]]:
    """Yield a list. At the end, fill it with our programs' commands on the sharded collections."""
    database: Any = world.inbox.database
    found: list[Statement] = []
    await database.command("profile", 2)
    try:
        yield found
    finally:
        await database.command("profile", 0)
    async for operation in database["system.profile"].find({"appName": {"$in": _PROGRAMS}}):
        found += [each for each in statements(operation) if each.collection in SHARD_KEYS]


async def _deliver(world: World, api: Api, url: str) -> None:
    """Acknowledge notifications, one of them after its deletion. Publish an unreadable record."""
    ana, bea = Shopper("ana", url), Shopper("bea", url, acking=False)
    async with connected(ana, bea):
        created = [(await api.created("ana"))["id"] for _ in range(3)]
        late = (await api.created("bea"))["id"]
        await bea.has(1)
        await world.inbox.delete_one({"_id": late})
        bea.start_acking()
        await world.all_delivered(created)
        await _dead_letter(world)
        await world.all_committed()


async def _dead_letter(world: World) -> None:
    document = world.document("ana", delivered_at=datetime.now(UTC), title="unreadable record")
    await world.inbox.insert_one(document)
    await world.publish({**document, "type": 1})  # type: ignore[typeddict-item] # unreadable

    async def is_marked() -> bool:
        query = {"_id": document["_id"], "dead_lettered_at": {"$ne": None}}
        return await world.inbox.find_one(query) is not None

    await eventually(is_marked)


async def _settle_what_is_held(world: World, api: Api) -> None:
    """Hold notifications of an absent user, until each is superseded, withdrawn or expired."""
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    await api.created("cara", expires_at=soon)
    for _ in range(2):
        await api.created("cara", collapse_key="parcel")
    assert (await api.withdraw_standing("cara", "parcel")).is_success
    await world.all_committed()
    await world.all_receipts_confirmed()

    async def gauge_is_read() -> bool:
        query = {"appName": "delivery", "command.aggregate": world.inbox.name}
        return await world.inbox.database["system.profile"].find_one(query) is not None

    await eventually(gauge_is_read)


async def _fold_and_unfold(world: World, stores: Stores) -> None:
    await world.inbox.insert_many([world.document("dan") for _ in range(3)])
    await stores.folding.fold_oldest("dan")
    await stores.folding.unfold_oldest(datetime.now(UTC) + timedelta(hours=1))
    assert await world.inbox.count_documents({"folded": True}) == 0


async def _has_no_unique_index(world: World, collection: str) -> None:
    """Check that the collection can be sharded: a unique index would have to begin with its key."""
    indexes = await world.inbox.database[collection].index_information()
    unique = [name for name, index in indexes.items() if index.get("unique")]
    assert unique == []
