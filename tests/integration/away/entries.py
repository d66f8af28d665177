"""What the away program stores, as a test reads it from MongoDB."""

from datetime import UTC, datetime
from typing import Any

from producer_api.contract.push_subscription import PushSubscription, subscription_id
from tests.services.push_service import Browser
from tests.services.waiting import eventually
from tests.services.world import World


def collection(world: World, name: str = "away") -> Any:
    """Return a collection of this test's database."""
    return world.mongo[world.settings.mongo_database][name]


async def all_ended(world: World, count: int) -> None:
    """Wait until at least this many entries have been told or given up, and no entry waits."""
    entries = collection(world)
    ended = {"$or": [{"told_at": {"$exists": True}}, {"dead": {"$exists": True}}]}

    async def have_ended() -> bool:
        enough = await entries.count_documents(ended) >= count
        return enough and await entries.find_one({"next_at": {"$exists": True}}) is None

    await eventually(have_ended)


async def subscribe(world: World, user: str, browser: Browser) -> None:
    """Store the browser's subscription, as the producer API does."""
    shown, browser.user = browser.subscription(), user
    document: PushSubscription = {
        "_id": subscription_id(browser.endpoint),
        "user_id": user,
        "endpoint": browser.endpoint,
        "p256dh": shown["keys"]["p256dh"],
        "auth": shown["keys"]["auth"],
        "created_at": datetime.now(UTC),
    }
    await collection(world, "push_subscriptions").insert_one(document)
