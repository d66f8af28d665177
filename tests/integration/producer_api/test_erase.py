"""Erasing a user while processes crash and Kafka is down."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
import pytest_asyncio

from tests.faults.proxy import KafkaLink
from tests.integration.producer_api.api import Api
from tests.integration.producer_api.changes import kinds_of, records_of
from tests.integration.producer_api.outside import drained, leases, outbox
from tests.services.parts import away
from tests.services.program import Program, running
from tests.services.waiting import eventually
from tests.services.world import World

pytestmark = pytest.mark.restarts_parts


@pytest_asyncio.fixture
async def _short_transactions(world: World) -> AsyncIterator[None]:
    """Makes MongoDB abort the transaction of a dead process after 2 s instead of a minute."""
    name = "transactionLifetimeLimitSeconds"
    usual = (await world.mongo.admin.command({"getParameter": 1, name: 1}))[name]
    await world.mongo.admin.command({"setParameter": 1, name: 2})
    yield
    await world.mongo.admin.command({"setParameter": 1, name: usual})


@pytest.mark.usefixtures("_short_transactions")
async def test_a_repeat_completes_an_erasure_that_a_crash_interrupted(
    another: Callable[..., Program], world: World
) -> None:
    ahead = world.ids_of_clock(3600).next()
    documents = [world.document("ana") for _ in range(30_000)] + [world.document("ana", _id=ahead)]
    await world.inbox.insert_many(documents)
    async with running(crashing := another()), Api(crashing.url) as api:
        erasing = asyncio.create_task(api.erase("ana"))

        async def has_started() -> bool:
            return bool(await world.inbox.count_documents({}) < len(documents))

        await eventually(has_started)
        await crashing.kill()
        await asyncio.wait([erasing])
    assert erasing.exception() is not None, "the crash must come before the answer"
    assert await world.inbox.count_documents({"_id": ahead}) == 1, "the newest must be deleted last"
    async with running(successor := another()), Api(successor.url) as api:
        # The transaction of the dead process may still lock the user. Until it ends, the answer is
        # 503.
        async def repeated() -> bool:
            return (await api.erase("ana")).status_code == HTTPStatus.NO_CONTENT

        await eventually(repeated)
    assert await world.inbox.count_documents({}) == 0
    [(_, value)] = await records_of(world)
    assert value["erased_up_to"] == ahead


async def test_an_erasure_waits_in_the_outbox_behind_queued_records(
    api: Api, world: World, kafka: KafkaLink
) -> None:
    """After Kafka is back, the records stay queued, because another process holds the lease."""
    holder = {"holder": "another", "expires_at": datetime.now(UTC) + timedelta(hours=1)}
    await leases(world).update_one({"_id": "outbox"}, {"$set": holder}, upsert=True)
    created_id = (await api.created())["id"]
    async with away(kafka):
        assert (await api.mark("ana", created_id, read=True)).status_code == 200
        await api.created()
        assert (await api.erase("ana")).status_code == 204
    assert await outbox(world).count_documents({"state": "queued"}) == 3
    await leases(world).delete_one({"_id": "outbox"})
    await drained(world)
    assert await kinds_of(world) == ["created", "read", "erased"], (
        "notifications erased in the meantime must not be published"
    )
