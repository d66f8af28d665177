"""Notifications older than the retention are deleted. The counts stay correct all the time."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from producer_api.workers.retention import Retention
from tests.integration.producer_api.api import Api
from tests.integration.producer_api.stores import Stores
from tests.services.program import Program, running
from tests.services.waiting import eventually
from tests.services.world import World

_DAY = timedelta(days=1)


async def _seconds(world: World) -> int | None:
    """Return the seconds after which the TTL index deletes, or None if there is no such index."""
    index = (await world.inbox.index_information()).get("retention", {})
    seconds: int | None = index.get("expireAfterSeconds")
    return seconds


async def test_the_setting_creates_or_changes_or_drops_the_ttl_index(
    another: Callable[..., Program], world: World
) -> None:
    old = world.document("ana", created_at=datetime.now(UTC) - 20 * _DAY)
    older = world.document("ana", created_at=datetime.now(UTC) - 40 * _DAY)
    await world.inbox.insert_many([old, older])
    for days, kept in (("0", 2), ("30", 1), ("60", 1), ("0", 1)):
        program = another(PRODUCER_API_RETENTION_DAYS=days)
        async with running(program), Api(program.url) as api:
            assert await _seconds(world) == (int(days) * 86_400 or None)

            async def only_kept_are_left(api: Api = api, kept: int = kept) -> bool:
                return len(await api.ids()) == kept

            await eventually(only_kept_are_left)
            assert (await api.listed()).json()["unread_count"] == kept


async def test_several_processes_may_prepare_concurrently(
    stack_env: dict[str, str], world: World
) -> None:
    async with Stores.opened(stack_env) as stores:

        async def prepare(days: int) -> None:
            retention = Retention(stores.collection, stores.folding, days * _DAY or None)
            await retention.prepare()

        for days in (7, 9, 0, 8):
            await asyncio.gather(*(prepare(days) for _ in range(5)))
            assert await _seconds(world) == (days * 86_400 or None)


async def test_the_program_exits_2_and_names_a_negative_retention(
    another: Callable[..., Program],
) -> None:
    program = another(PRODUCER_API_RETENTION_DAYS="-1")
    await program.start_unready()
    assert await program.wait() == 2
    assert any("PRODUCER_API_RETENTION_DAYS" in line for line in program.lines)


async def test_folded_notifications_are_unfolded_before_they_are_deleted(
    stack_env: dict[str, str], world: World
) -> None:
    """The TTL index does not cover folded notifications. Retention unfolds them first."""
    past = datetime.now(UTC) - 2 * _DAY
    old = [world.document("ana", created_at=past) for _ in range(8)]
    mixed = [world.document(user) for user in ("ana", "ana", "eve")]
    eves = [world.document("eve", created_at=past) for _ in range(5)]
    await world.inbox.insert_many(old + mixed + eves)
    async with Stores.opened(stack_env, step=4) as keeping_all:
        for user in ("ana", "eve"):
            while await keeping_all.folding.fold_oldest(user):
                pass
    await world.inbox.insert_one(sentinel := world.document("bob", created_at=past))
    async with Stores.opened(stack_env, step=4, keep=_DAY) as stores:
        retention = Retention(stores.collection, stores.folding, _DAY)
        await retention.prepare()

        async def unread(user: str) -> int:
            counts, recounted = await stores.counts_and_recount(user, datetime.now(UTC))
            assert counts == recounted
            return counts.unread_count

        async def sentinel_is_deleted() -> bool:
            assert (await unread("ana"), await unread("eve")) == (10, 6)
            return await world.inbox.find_one({"_id": sentinel["_id"]}) is None

        await eventually(sentinel_is_deleted)
        unfolding = asyncio.create_task(retention.run())

        async def old_are_deleted() -> bool:
            return (await unread("ana"), await unread("eve")) == (2, 1)

        await eventually(old_are_deleted)
        unfolding.cancel()
        await asyncio.wait([unfolding])
        assert await world.inbox.count_documents({}) == 3
        assert await world.inbox.count_documents({"folded": True}) == 3


@pytest.mark.parametrize(("remaining", "folds"), [(timedelta(minutes=50), False), (2 * _DAY, True)])
async def test_notifications_near_their_deletion_are_not_folded(
    remaining: timedelta, folds: bool, stack_env: dict[str, str], world: World
) -> None:
    """MongoDB may already have selected such a document, and would delete it after the fold."""
    keep = 3 * _DAY
    created_at = datetime.now(UTC) - keep + remaining
    await world.inbox.insert_one(world.document("ana", created_at=created_at))
    async with Stores.opened(stack_env, keep=keep) as stores:
        await stores.folding.fold_oldest("ana")
    assert await world.inbox.count_documents({"folded": True}) == folds
