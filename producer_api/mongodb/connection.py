"""The connection to MongoDB."""

from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase
from pymongo import ReadPreference, WriteConcern
from pymongo.read_concern import ReadConcern

from producer_api.contract.stored import TOLERANT
from producer_api.settings import Settings
from runtime.time_limits import MONGO_LIMITS

#: MongoDB lists the sessions of all processes of this program under this name.
APP_NAME = "producer_api"

Client = AsyncIOMotorClient[dict[str, Any]]
Database = AsyncIOMotorDatabase[dict[str, Any]]


def connect(settings: Settings) -> Client:
    """Return a client, which connects on first use.

    Its commands fail within seconds, so that callers also get an answer while MongoDB is down.
    """
    return AsyncIOMotorClient(
        settings.mongo_url,
        tz_aware=True,
        appname=APP_NAME,
        **MONGO_LIMITS,
        **TOLERANT,
    )


def database(client: Client, settings: Settings) -> Database:
    """Return the database. Writes wait for a majority, and reads go to the primary."""
    return client.get_database(
        settings.mongo_database,
        write_concern=WriteConcern(w="majority"),
        read_concern=ReadConcern("majority"),
        read_preference=ReadPreference.PRIMARY,
    )
