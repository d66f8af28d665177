"""The joined program: what serves, the work behind it, and the life of that work."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from fastapi import FastAPI
from pymongo.errors import PyMongoError

from producer_api.contract.tokens import TokenVerifier
from producer_api.mongodb.connection import Client
from producer_api.outbox.publisher import Publisher
from producer_api.readiness import Readiness
from runtime.tracing import Tracing

_log = logging.getLogger(__name__)

_PREPARE_PAUSE_SECONDS = 1.0


class Store(Protocol):
    """Has indexes that must be there before it is used."""

    async def prepare(self) -> None:
        """Make what is missing. Raises `pymongo.errors.PyMongoError`."""


class Worker(Protocol):
    """Works on stores that are prepared."""

    async def run(self) -> None:
        """Work until cancelled."""


@dataclass(frozen=True, slots=True)
class Program:
    """An ASGI application, and the work behind it."""

    api: FastAPI
    client: Client
    verifier: TokenVerifier
    tracing: Tracing
    readiness: Readiness
    stores: Sequence[Store]
    publisher: Publisher
    workers: Mapping[str, Worker]

    async def run(self) -> None:
        """Do the work behind the API until cancelled; whatever else ends it is a bug, raised."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.publisher.run(), name="publisher")
                group.create_task(self._work_on_stores(), name="stores")
        finally:
            await self.verifier.close()
            await self.tracing.close()
            self.client.close()

    async def _work_on_stores(self) -> None:
        await self._prepare_stores()
        self.readiness.stores_prepared = True
        async with asyncio.TaskGroup() as group:
            for name, worker in self.workers.items():
                group.create_task(worker.run(), name=name)

    async def _prepare_stores(self) -> None:
        while True:
            try:
                for store in self.stores:
                    await store.prepare()
            except PyMongoError as error:
                _log.warning("waiting for MongoDB", extra={"cause": str(error)})
                await asyncio.sleep(_PREPARE_PAUSE_SECONDS)
            else:
                return _log.info("connected to MongoDB")
