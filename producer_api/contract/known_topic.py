"""Stores what this deployment knows about its topic, in the MongoDB collection `topics`.

A topic may get more partitions, or be deleted and created again under its old name. Kafka does not
remember the earlier state. So both programs compare the topic with what is stored here.
"""

from collections.abc import Mapping
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import PyMongoError

from producer_api.contract.settings import SharedSettings
from producer_api.contract.topics import ensure_topics

COLLECTION = "topics"
#: Kafka numbers partitions with 32 bits.
_MOST = 2**31


class DamagedTopicError(PyMongoError):
    """The document of the topic is damaged; the message says what to repair.

    The programs handle it like an outage of MongoDB: they log the message, and try again.
    """


class KnownTopic:
    """Owns the document of one topic: `{_id, partitions, log_ids: {partition: topic id}}`.

    The first program to start writes the number of partitions. This number never changes, because
    it decides which partition a user's records are in. For each partition, `log_ids` has the id of
    the topic that the committed offset belongs to. A topic that is created again has another id.
    The partition's owner writes the id.
    """

    def __init__(self, collection: Any, topic: str) -> None:
        """Use this collection of Motor or PyMongo. Its write concern must be `majority`."""
        self._collection = collection
        self._topic = topic

    async def ensure(self, settings: SharedSettings) -> tuple[int, int]:
        """Create the missing topics. Return how many partitions the topic has, and had at first.

        A topic that was deleted is created again with as many partitions as at first. Raises
        `aiokafka.errors.KafkaError` or `pymongo.errors.PyMongoError`.
        """
        known = await self.first_partitions()
        found = await ensure_topics(settings, known)
        if known is not None:
            return found, known
        document: Mapping[str, Any] = await self._collection.find_one_and_update(
            {"_id": self._topic},
            {"$setOnInsert": {"partitions": found}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return found, int(document["partitions"])

    async def first_partitions(self) -> int | None:
        """Return the number of partitions at the first start; None if no program ever started.

        Raises `pymongo.errors.PyMongoError`.
        """
        document = await self._collection.find_one({"_id": self._topic}) or {}
        count = document.get("partitions")
        if count is None and not document:
            return None
        # MongoDB's shell writes numbers as doubles.
        if isinstance(count, int | float) and 1 <= count < _MOST and count == int(count):
            return int(count)
        raise self._damaged("partitions", count, "a whole number above 0")

    async def log_ids(self) -> dict[int, str]:
        """Return the topic id to which each partition's committed offset belongs, where known.

        Raises `pymongo.errors.PyMongoError`.
        """
        document = await self._collection.find_one({"_id": self._topic}) or {}
        found = document.get("log_ids", {})
        try:
            return {int(number): str(id_) for number, id_ in found.items()}
        except (AttributeError, ValueError) as error:
            raise self._damaged("log_ids", found, "topic ids by partition") from error

    async def note_log_ids(self, ids: Mapping[int, str]) -> None:
        """Store the topic ids of these partitions. Raises `pymongo.errors.PyMongoError`."""
        fields = {f"log_ids.{number}": topic_id for number, topic_id in ids.items()}
        await self._collection.update_one({"_id": self._topic}, {"$set": fields})

    def _damaged(self, field: str, found: object, expected: str) -> DamagedTopicError:
        return DamagedTopicError(
            f"{field} is {found!r:.100} in the document of topic {self._topic!r} in the collection "
            f"`{COLLECTION}`, not {expected}: repair the document"
        )


def complaint(topic: str, found: int, known: int) -> str | None:
    """Return what is wrong with the topic's number of partitions, and what to do; None if nothing.

    `found` is 0 if the topic is missing.
    """
    if found == known:
        return None
    if not found:
        return f"topic {topic!r} is missing: see TopicPartitionsChanged in docs/on-call.md"
    return (
        f"topic {topic!r} has {found} partitions, but had {known} at the first start, and only "
        f"those are used: users must not move. Run `python -m delivery.tools status`, and see "
        "TopicPartitionsChanged in docs/on-call.md"
    )
