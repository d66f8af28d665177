"""The indexes of the inbox."""

from datetime import UTC, datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import OperationFailure

from producer_api.contract.notification import OWED

#: What is unread; what is unseen is unread as well.
UNREAD: dict[str, Any] = {"read_at": None, "archived_at": None, "superseded_by": None}

#: The partial index of it: what is not folded is counted in it, and all of it is listed by it. To
#: be named in queries that it is made for: MongoDB takes the list's index as readily.
UNREAD_INDEX = "unread_by_fold"

#: The query of all that is unread by this index, in the order of ids, whether folded or not.
ALL_UNREAD: dict[str, Any] = {**UNREAD, "folded": {"$in": [None, True]}}

#: The query of all that is unseen, by the same.
ALL_UNSEEN: dict[str, Any] = {**ALL_UNREAD, "seen_at": None}

#: Predicate of the partial index by which the earlier ones of a collapse key are found.
STANDING = {"collapse_key": {"$gt": ""}, "superseded_by": None}

INDEXES = [
    IndexModel([("user_id", ASCENDING), ("_id", DESCENDING)], name="list"),
    IndexModel(
        [("user_id", ASCENDING), ("_id", ASCENDING)], name="owed", partialFilterExpression=OWED
    ),
    IndexModel(
        [("user_id", ASCENDING), ("folded", ASCENDING), ("_id", ASCENDING)],
        name=UNREAD_INDEX,
        partialFilterExpression=UNREAD,
    ),
    IndexModel(
        [("user_id", ASCENDING), ("collapse_key", ASCENDING)],
        name="standing",
        partialFilterExpression=STANDING,
    ),
    # By which delivery finds what has expired undelivered; empty where nothing expires.
    IndexModel(
        [("expires_at", ASCENDING), ("_id", ASCENDING)],
        name="expiry",
        partialFilterExpression={**OWED, "expires_at": {"$gt": datetime(1970, 1, 1, tzinfo=UTC)}},
    ),
    # By which that is found which is to be unfolded; empty where no inbox is large.
    IndexModel(
        [("created_at", ASCENDING)], name="folded", partialFilterExpression={"folded": True}
    ),
]

#: What earlier versions made, and nothing uses.
OBSOLETE_INDEXES = ("unread",)

_CODE_NO_INDEX = 27


async def drop_index(collection: AsyncIOMotorCollection[Any], name: str) -> None:
    """Drop it, if it is there. Raises `pymongo.errors.PyMongoError`."""
    try:
        await collection.drop_index(name)
    except OperationFailure as error:
        if error.code != _CODE_NO_INDEX:
            raise
