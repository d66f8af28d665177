"""The indexes of the inbox."""

from pymongo import ASCENDING, DESCENDING, IndexModel

from producer_api.contract.notification import OWED

#: Predicate of the partial index that serves both counts: what is unseen is unread as well.
UNREAD = {"read_at": None, "archived_at": None, "superseded_by": None}

#: Predicate of the partial index by which the earlier ones of a collapse key are found.
STANDING = {"collapse_key": {"$gt": ""}, "superseded_by": None}

INDEXES = [
    IndexModel([("user_id", ASCENDING), ("_id", DESCENDING)], name="list"),
    IndexModel(
        [("user_id", ASCENDING), ("_id", ASCENDING)], name="owed", partialFilterExpression=OWED
    ),
    IndexModel(
        [("user_id", ASCENDING), ("expires_at", ASCENDING), ("seen_at", ASCENDING)],
        name="unread",
        partialFilterExpression=UNREAD,
    ),
    IndexModel(
        [("user_id", ASCENDING), ("collapse_key", ASCENDING)],
        name="standing",
        partialFilterExpression=STANDING,
    ),
]
