"""Transactions that a killed or suspended process left open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import OperationFailure

from producer_api.mongodb.connection import APP_NAME
from tests.integration.producer_api.api import Api
from tests.services.waiting import eventually
from tests.services.world import World

#: MongoDB itself aborts a transaction after 60 s. The program aborts it within its lease of 5 s.
_SOONER_THAN_MONGODB_SECONDS = 30


@asynccontextmanager
async def _open_transaction(
    world: World, app_name: str, user: str
) -> AsyncIterator[AsyncClientSession]:
    """Open a transaction that takes the user's turn, like a mark, and then stays idle."""
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(
        world.settings.mongo_url, appname=app_name
    )
    turns = client[world.settings.mongo_database]["inbox_turns"]
    async with client, client.start_session() as session:
        await turns.insert_one({"_id": user})
        await session.start_transaction()
        await turns.update_one({"_id": user}, {"$inc": {"n": 1}}, session=session)
        yield session


async def _until_marked(api: Api, user: str) -> None:
    created = (await api.created(user))["id"]

    async def marked() -> bool:
        return (await api.mark(user, created, read=True)).status_code == 200

    await eventually(marked, within=_SOONER_THAN_MONGODB_SECONDS)


async def test_an_abandoned_transaction_is_aborted_long_before_mongodb_would(
    api: Api, world: World
) -> None:
    async with _open_transaction(world, APP_NAME, "ana") as session:
        await _until_marked(api, "ana")
        with pytest.raises(OperationFailure):
            await session.commit_transaction()


async def test_transactions_of_other_programs_are_not_aborted(api: Api, world: World) -> None:
    async with (
        _open_transaction(world, "another program", "berto") as others,
        _open_transaction(world, APP_NAME, "ana"),
    ):
        await _until_marked(api, "ana")
        await others.commit_transaction()
