"""What this deployment knows of its topic, in the MongoDB collection `topics`.

Kafka has no other memory of it: a topic may get more partitions, or be deleted and made again
under its old name. Both programs compare what they find with what is stored here.
"""

from collections.abc import Mapping
from typing import Any

from pymongo import ReturnDocument

COLLECTION = "topics"


class WrongPartitionCountError(Exception):
    """The topic has another number of partitions than at the first start."""


class KnownTopic:
    """Owns the document of one topic: `{_id, partitions, log_ids: {partition: topic id}}`.

    The first program to start writes the number of partitions, and nothing changes it: it decides
    which partition a user's records are in. `log_ids` says to which log, by its topic id, the
    committed offset of each partition belongs; the partition's owner writes it.
    """

    def __init__(self, collection: Any, topic: str) -> None:
        """Keep the document in this collection of Motor or PyMongo, which must await majorities."""
        self._collection = collection
        self._topic = topic

    async def partitions(self, found: int) -> int:
        """Return the number of partitions at the first start, which is `found` if this is it.

        Raises `pymongo.errors.PyMongoError`.
        """
        document: Mapping[str, Any] = await self._collection.find_one_and_update(
            {"_id": self._topic},
            {"$setOnInsert": {"partitions": found}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return int(document["partitions"])

    async def log_ids(self) -> dict[int, str]:
        """Return the topic id to which each partition's committed offset belongs, where known.

        Raises `pymongo.errors.PyMongoError`.
        """
        document = await self._collection.find_one({"_id": self._topic}) or {}
        return {int(number): str(id_) for number, id_ in document.get("log_ids", {}).items()}

    async def note_log_ids(self, ids: Mapping[int, str]) -> None:
        """Store the topic ids of these partitions. Raises `pymongo.errors.PyMongoError`."""
        fields = {f"log_ids.{number}": topic_id for number, topic_id in ids.items()}
        await self._collection.update_one({"_id": self._topic}, {"$set": fields})


def complaint(topic: str, found: int, known: int) -> str:
    """Return what is wrong with the topic's number of partitions, and what to do."""
    return (
        f"topic {topic!r} has {found} partitions, but had {known} at the first start: users of the "
        f"new ones get nothing live. Only partitions 0 to {known - 1} are used. "
        "Run `python -m delivery.tools status`, and see TopicPartitionsChanged in docs/on-call.md"
    )
