"""The connection to MongoDB, and how its failures are told apart."""

from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase
from pymongo import ReadPreference, WriteConcern
from pymongo.read_concern import ReadConcern

from producer_api.settings import Settings

APP_NAME = "producer_api"
"""By which all processes of this program know each other's sessions."""
_SELECTION_MS = 3_000
_SOCKET_MS = 10_000

Client = AsyncIOMotorClient[dict[str, Any]]
Database = AsyncIOMotorDatabase[dict[str, Any]]


def connect(settings: Settings) -> Client:
    """A client that gives up within seconds, so that callers are told; connects on first use."""
    return AsyncIOMotorClient(
        settings.mongo_url,
        tz_aware=True,
        appname=APP_NAME,
        serverSelectionTimeoutMS=_SELECTION_MS,
        connectTimeoutMS=_SELECTION_MS,
        socketTimeoutMS=_SOCKET_MS,
    )


def database(client: Client, settings: Settings) -> Database:
    """The database: written to with majority, read from the primary."""
    return client.get_database(
        settings.mongo_database,
        write_concern=WriteConcern(w="majority"),
        read_concern=ReadConcern("majority"),
        read_preference=ReadPreference.PRIMARY,
    )
