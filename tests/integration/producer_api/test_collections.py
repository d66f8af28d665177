"""Processes that start at the same time may create the same collections."""

import asyncio
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient

from producer_api.mongodb.collections import create_missing
from tests.services.parts import Services

_PROCESSES, _ROUNDS = 8, 5


async def test_a_collection_that_another_process_is_creating_is_no_error(
    services: Services, stack_env: dict[str, str]
) -> None:
    clients: list[AsyncIOMotorClient[dict[str, Any]]] = [
        AsyncIOMotorClient(services.mongo_url) for _ in range(_PROCESSES)
    ]
    databases = [client[stack_env["MONGO_DATABASE"]] for client in clients]
    for number in range(_ROUNDS):
        await asyncio.gather(*(create_missing(each[f"new-{number}"]) for each in databases))
    assert len(await databases[0].list_collection_names()) == _ROUNDS
    for client in clients:
        client.close()
