"""The write concern of transactions, with a real MongoDB."""

from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession
from pymongo.monitoring import CommandListener, CommandStartedEvent

from producer_api.mongodb.transactions import transact
from tests.services.world import World


class _Commits(CommandListener):
    """Records the write concern of each commit."""

    def __init__(self) -> None:
        self.concerns: list[Any] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name == "commitTransaction":
            self.concerns.append(event.command.get("writeConcern"))

    def succeeded(self, event: Any) -> None: ...

    def failed(self, event: Any) -> None: ...


async def test_transactions_commit_with_majority_even_if_the_url_says_otherwise(
    world: World,
) -> None:
    commits = _Commits()
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        f"{world.settings.mongo_url}&w=1&readPreference=secondaryPreferred",
        event_listeners=[commits],
    )
    collection = client[world.settings.mongo_database]["anything"]

    async def work(session: AsyncIOMotorClientSession) -> None:
        assert await collection.find_one({}, session=session) is None
        await collection.insert_one({}, session=session)

    async with await client.start_session() as session:
        await transact(session, work)
    client.close()
    assert [concern["w"] for concern in commits.concerns] == ["majority"]
