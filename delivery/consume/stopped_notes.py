"""Notes in MongoDB about partitions that stand still, which operators read and answer."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from aiokafka import TopicPartition
from motor.motor_asyncio import AsyncIOMotorCollection

COLLECTION = "stopped_partitions"
_LARGEST_OFFSET = 2**63


class Stopped(NamedTuple):
    """Where a partition stands still, and why."""

    offset: int
    reason: str


class StoppedNote(NamedTuple):
    """One note, as an operator sees it."""

    partition: int
    stopped: Stopped
    instance: str
    """The owner that wrote the note last."""
    since: datetime
    seen_at: datetime
    skip_to: int | None
    """The offset at which the owner continues; None until an operator has chosen it."""

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """Read a note from its document."""
        return cls(
            document["partition"],
            Stopped(document["offset"], document["reason"]),
            document["instance"],
            document["since"],
            document["seen_at"],
            document["skip_to"],
        )


class StoppedNotes:
    """Owns the collection. Every method raises `pymongo.errors.PyMongoError`.

    A partition has one note, which its owner writes again at each check. So a note with an old
    `seen_at` is out of date. A partition that stands still at another offset, or for another
    reason, gets a new note. The operator must answer this one too, because an answer covers only
    what the operator has seen.
    """

    def __init__(self, collection: AsyncIOMotorCollection[Any], instance: str) -> None:
        self._notes = collection
        self._instance = instance

    async def write(self, tp: TopicPartition, stopped: Stopped) -> int | None:
        """Note that the partition stands still; return the offset to skip to, None until chosen."""
        now = datetime.now(UTC)
        seen = {"seen_at": now, "instance": self._instance}
        note = await self._notes.find_one_and_update(
            {"_id": _id(tp), **stopped._asdict()}, {"$set": seen}
        )
        if note is not None:
            return _offset(note.get("skip_to"))
        new = {"topic": tp.topic, "partition": tp.partition, "since": now, "skip_to": None}
        await self._notes.replace_one(
            {"_id": _id(tp)}, {**new, **seen, **stopped._asdict()}, upsert=True
        )
        return None

    async def remove(self, tp: TopicPartition) -> None:
        """Remove the note of a partition that continues without a skip."""
        # Keep a note that an operator has answered: if the owner dies before its next commit, the
        # next owner comes to the same place.
        await self._notes.delete_one({"_id": _id(tp), "skip_to": None})

    async def answer(self, tp: TopicPartition, stopped: Stopped, skip_to: int) -> bool:
        """Let the partition go on at this offset; return False if its note has changed."""
        answered = await self._notes.update_one(
            {"_id": _id(tp), **stopped._asdict()}, {"$set": {"skip_to": skip_to}}
        )
        return answered.matched_count == 1

    async def skip_from(self, tp: TopicPartition, offset: int) -> int | None:
        """Return the offset to skip to if an operator's answer covers `offset`; None otherwise."""
        covering = {"_id": _id(tp), "offset": {"$lte": offset}, "skip_to": {"$gt": offset}}
        note = await self._notes.find_one(covering)
        return _offset(note["skip_to"]) if note else None

    async def of(self, topic: str) -> list[StoppedNote]:
        """Return the notes of the topic's partitions, in order."""
        notes = self._notes.find({"topic": topic}).sort("partition", 1)
        return [StoppedNote.read(note) async for note in notes]


def _offset(stored: object) -> int | None:
    """Return a stored offset; None if it is none.

    MongoDB's shell writes numbers as doubles, and no offset of Kafka may be a float.
    """
    if isinstance(stored, int | float) and 0 <= stored < _LARGEST_OFFSET:
        return int(stored)
    return None


def _id(tp: TopicPartition) -> str:
    return f"{tp.topic}/{tp.partition}"
