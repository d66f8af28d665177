"""The naive delivery loop: fetch, push one, wait for its ack, write `delivered_at`, commit.

`python -m tests.bench.naive_delivery` needs the same environment as `python -m delivery`.
"""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import socketio
import uvicorn
from aiokafka import AIOKafkaConsumer, TopicPartition
from motor.motor_asyncio import AsyncIOMotorClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from delivery.settings import Settings
from producer_api.contract.notification import COLLECTION
from producer_api.contract.token_verifier import TokenVerifier


async def _consume(server: socketio.AsyncServer, settings: Settings) -> None:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(settings.mongo_url)
    inbox = client[settings.mongo_database][COLLECTION]
    consumer = AIOKafkaConsumer(
        settings.kafka_topic,
        **settings.kafka_client_options(),
        group_id=settings.kafka_group_id,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    while True:
        for partition, records in (await consumer.getmany(timeout_ms=200)).items():
            for record in records:
                notification = json.loads(record.value)
                await server.call("notifications", [notification], to=record.key.decode())
                await inbox.update_one(
                    {"_id": notification["id"]}, {"$set": {"delivered_at": datetime.now(UTC)}}
                )
                place = TopicPartition(partition.topic, partition.partition)
                await consumer.commit({place: record.offset + 1})


def _app(settings: Settings) -> socketio.ASGIApp:
    server = socketio.AsyncServer(async_mode="asgi", transports=["websocket"])
    verifier = TokenVerifier(settings)

    async def connect(sid: str, _environ: dict[str, Any], auth: dict[str, str]) -> None:
        await server.enter_room(sid, (await verifier.verify(auth["token"])).subject)

    async def readyz(_request: Request) -> Response:
        return JSONResponse({"status": "ready"})

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> Any:
        consumer_task = asyncio.create_task(_consume(server, settings))
        yield
        consumer_task.cancel()

    server.on("connect", connect)
    return socketio.ASGIApp(server, Starlette(routes=[Route("/readyz", readyz)], lifespan=lifespan))


if __name__ == "__main__":
    environment = Settings()
    uvicorn.run(
        _app(environment),
        host=environment.delivery_host,
        port=environment.delivery_port,
        loop="uvloop",
        ws="websockets-sansio",
        log_level="warning",
    )
