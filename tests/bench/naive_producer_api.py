"""A naive producer API: a handler that inserts and sends, and one that does nothing.

`python -m tests.bench.naive_producer_api` needs the same environment as `python -m producer_api`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import uvicorn
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import WriteConcern

from producer_api.contract.notification import COLLECTION, NewNotification
from producer_api.settings import Settings


def _app(settings: Settings) -> FastAPI:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(settings.mongo_url)
    inbox = client[settings.mongo_database].get_collection(
        COLLECTION, write_concern=WriteConcern("majority")
    )
    producers: list[AIOKafkaProducer] = []

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        producer = AIOKafkaProducer(
            **settings.kafka_client_options(), enable_idempotence=True, acks="all"
        )
        await producer.start()
        producers.append(producer)
        yield
        await producer.stop()

    api = FastAPI(lifespan=lifespan)

    @api.post("/naive", status_code=201)
    async def naive(new: NewNotification) -> dict[str, Any]:
        created = {"id": str(uuid4()), **new.model_dump(), "created_at": datetime.now(UTC)}
        await inbox.insert_one({**created, "_id": created["id"]})
        value = new.model_dump_json().encode()
        await producers[0].send_and_wait(settings.kafka_topic, value, created["user_id"].encode())
        return created

    @api.post("/empty", status_code=201)
    async def empty(_new: NewNotification) -> dict[str, str]:
        return {}

    @api.get("/readyz")
    async def readyz() -> dict[str, str]:
        return {}

    return api


if __name__ == "__main__":
    environment = Settings()
    uvicorn.run(
        _app(environment),
        host=environment.producer_api_host,
        port=environment.producer_api_port,
        loop="uvloop",
        http="httptools",
        log_level="warning",
    )
