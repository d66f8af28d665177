"""The relay's lease, on a real MongoDB."""

from producer_api.mongodb.connection import connect, database
from producer_api.outbox import lease as leases
from producer_api.settings import Settings
from tests.services.waiting import eventually


async def test_one_process_holds_the_lease_until_it_expires(
    stack_env: dict[str, str],
) -> None:
    settings = Settings.model_validate({name.lower(): text for name, text in stack_env.items()})
    client = connect(settings)
    collection = database(client, settings)[leases.COLLECTION]
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
    client.close()
