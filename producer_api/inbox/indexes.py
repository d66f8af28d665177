"""The indexes of the collection `notifications`, and the queries that match them."""

from datetime import UTC, datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import OperationFailure

from producer_api.contract.notification import OWED, OWED_INDEX, PRESENT

#: The query for unread notifications. Every unseen one is unread as well.
UNREAD: dict[str, Any] = {"read_at": None, "archived_at": None, **PRESENT}

#: The partial index of unread notifications. Counts read its unfolded entries, and lists read all
#: its entries. Pass it as a hint, because MongoDB might choose the index `list` instead.
UNREAD_INDEX = "unread_present"

#: The query for unread notifications, folded or not, that this index serves in the order of ids.
ALL_UNREAD: dict[str, Any] = {**UNREAD, "folded": {"$in": [None, True]}}

#: The query for unseen notifications that the same index serves.
ALL_UNSEEN: dict[str, Any] = {**ALL_UNREAD, "seen_at": None}

#: Predicate of the partial index that finds the earlier notifications of a collapse key.
STANDING = {"collapse_key": {"$gt": ""}, **PRESENT}
STANDING_INDEX = "standing_present"

CATEGORY_INDEX = "category_present"

INDEXES = [
    IndexModel([("user_id", ASCENDING), ("_id", DESCENDING)], name="list"),
    # With this index, lists of one category skip all others.
    IndexModel(
        [("user_id", ASCENDING), ("category", ASCENDING), ("_id", DESCENDING)],
        name=CATEGORY_INDEX,
        partialFilterExpression=PRESENT,
    ),
    IndexModel(
        [("user_id", ASCENDING), ("_id", ASCENDING)],
        name=OWED_INDEX,
        partialFilterExpression=OWED,
    ),
    IndexModel(
        [("user_id", ASCENDING), ("folded", ASCENDING), ("_id", ASCENDING)],
        name=UNREAD_INDEX,
        partialFilterExpression=UNREAD,
    ),
    IndexModel(
        [("user_id", ASCENDING), ("collapse_key", ASCENDING)],
        name=STANDING_INDEX,
        partialFilterExpression=STANDING,
    ),
    # With this index, delivery finds notifications that expired undelivered. Notifications
    # without an expiry are not in it.
    IndexModel(
        [("expires_at", ASCENDING), ("_id", ASCENDING)],
        name="expiry_present",
        partialFilterExpression={**OWED, "expires_at": {"$gt": datetime(1970, 1, 1, tzinfo=UTC)}},
    ),
    # With this index, retention finds notifications to unfold. Only large inboxes have any.
    IndexModel(
        [("created_at", ASCENDING)], name="folded", partialFilterExpression={"folded": True}
    ),
]

#: Indexes that earlier releases created, and that no query of the last release names. An index is
#: added to this list one release after the last query that names it was removed, because the
#: processes of two releases run side by side during an upgrade (docs/upgrades.md).
OBSOLETE_INDEXES = ("unread", "owed", "unread_by_fold", "standing", "expiry")

_CODE_NO_INDEX = 27


async def drop_index(collection: AsyncIOMotorCollection[Any], name: str) -> None:
    """Drop the index if it exists. Raises `pymongo.errors.PyMongoError`."""
    try:
        await collection.drop_index(name)
    except OperationFailure as error:
        if error.code != _CODE_NO_INDEX:
            raise
