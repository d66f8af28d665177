"""The relay's lease, on a real MongoDB."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from producer_api.mongodb.connection import connect, database
from producer_api.outbox import lease as leases
from producer_api.settings import Settings
from tests.services.waiting import eventually


@pytest_asyncio.fixture
async def collection(stack_env: dict[str, str]) -> AsyncIterator[Any]:
    settings = Settings.model_validate({name.lower(): text for name, text in stack_env.items()})
    client = connect(settings)
    yield database(client, settings)[leases.COLLECTION]
    client.close()


async def test_one_process_holds_the_lease_until_it_expires(collection: Any) -> None:
    one, other = leases.Lease(collection, 1.0), leases.Lease(collection, 60.0)
    assert await one.claim()
    assert 0 < one.remaining <= 1.0
    assert not await other.claim()
    assert other.remaining <= 0
    assert await one.claim(), "the holder must be able to renew"

    async def other_has_the_lease() -> bool:
        return await other.claim()

    await eventually(other_has_the_lease)
    assert one.remaining <= 0, "the holder must not trust the lease longer than the others do"
    assert not await one.claim()
    await one.release()
    assert await other.claim(), "only the holder may release the lease"
    await other.release()
    assert await one.claim()


@pytest.mark.parametrize(("left", "is_claimed"), [(59, False), (120, True)])
async def test_a_lease_that_lasts_longer_than_any_may_be_claimed(
    collection: Any, left: int, is_claimed: bool
) -> None:
    """MongoDB's clock was hours ahead when a process claimed the lease that is gone now."""
    expires_at = datetime.now(UTC) + timedelta(minutes=left)
    await collection.insert_one({"_id": "outbox", "holder": "gone", "expires_at": expires_at})
    assert await leases.Lease(collection, 15.0).claim() is is_claimed
