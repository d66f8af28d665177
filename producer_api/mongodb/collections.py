"""Creates collections that must exist before the first transaction."""

from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo.errors import CollectionInvalid, OperationFailure

_NAMESPACE_EXISTS = 48


async def create_missing(collection: AsyncIOMotorCollection[Any]) -> None:
    """Create the collection, unless it exists. Raises `pymongo.errors.PyMongoError`."""
    try:
        await collection.database.create_collection(collection.name)
    except CollectionInvalid:
        pass  # it existed before
    except OperationFailure as error:
        # Another process that starts at the same time has just created it.
        if error.code != _NAMESPACE_EXISTS:
            raise
