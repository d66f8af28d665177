"""The transaction that writes a batch finds out which of its notifications are muted."""

from producer_api.contract.notification import NewNotification
from producer_api.contract.preferences import COLLECTION
from producer_api.intake.batch import seal
from producer_api.intake.pending import PendingRequest
from tests.integration.producer_api.stores import Stores


async def test_a_batch_marks_what_its_users_have_muted(stack_env: dict[str, str]) -> None:
    kinds = (("ana", "offer.new"), ("ana", "order.paid"), ("eve", "offer.new"))
    new = [NewNotification(user_id=user, type=kind, title="t") for user, kind in kinds]
    async with Stores.opened(stack_env) as stores:
        preferences = stores.client[stack_env["MONGO_DATABASE"]][COLLECTION]
        await preferences.insert_one({"_id": "ana", "muted": ["offer"]})
        batch = seal([PendingRequest(new)], stores.ids)
        written = await stores.transaction.write(batch)
        muted = [found["_id"] async for found in stores.collection.find({"removed": "muted"})]
        assert muted == [batch.documents[0]["_id"]]
        assert written.muted == set(muted)
        assert await stores.collection.count_documents({}) == len(new)
