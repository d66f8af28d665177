"""Notices that a topic was deleted and created again, and then reads it from its beginning."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Mapping, Set
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata

from runtime.topic_metadata import read_topics
from runtime.topic_views import latest, read_views

_log = logging.getLogger(__name__)

_INTERVAL_SECONDS, _ANSWER_SECONDS = 3.0, 5.0


class Logs:
    """Owns the ids of the topics to which the positions of the assigned partitions belong.

    A new log may have grown beyond the old position. aiokafka would then skip its first records.
    Each commit has the topic's id as its metadata, so the next owner of a partition notices a new
    topic, too. Reading records again is safe: they make the same entries.
    """

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._ids: dict[TopicPartition, str] = {}
        self._replacements: Counter[TopicPartition] = Counter()
        self._next_at = 0.0
        self._assigned: Set[TopicPartition] = frozenset()

    def noted(self, offsets: Mapping[TopicPartition, int]) -> dict[TopicPartition, Any]:
        """Return the offsets to commit, with the ids of their topics.

        Leaves out partitions whose topic's id is unknown. A commit without the id would erase the
        id that the last owner has committed, so nobody would notice that the topic was replaced.
        """
        return {
            tp: OffsetAndMetadata(offset, self._ids[tp])
            for tp, offset in offsets.items()
            if tp in self._ids
        }

    def replacements(self, tp: TopicPartition) -> int:
        """Return how many times the partition's topic was found to be replaced so far.

        If the number grows while a task reads the partition, the task must not move its position:
        the position belongs to the new log now.
        """
        return self._replacements[tp]

    async def check(self) -> None:
        """Compare the topics with what is known of them, every few seconds.

        Also compares them as soon as this consumer's partitions have changed.

        The caller must have no records under way: it would afterwards commit their offsets, which
        may belong to an old log. Tasks that read partitions at the same time compare
        `replacements`.
        """
        assigned = self._consumer.assignment()
        if assigned == self._assigned and time.monotonic() < self._next_at:
            return
        self._assigned = assigned
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._compare()
        except (KafkaError, TimeoutError) as error:
            _log.warning("away topics not watched", extra={"cause": repr(error)})
        self._next_at = time.monotonic() + _INTERVAL_SECONDS

    async def _compare(self) -> None:
        assigned = self._consumer.assignment()
        self._ids = {tp: id_ for tp, id_ in self._ids.items() if tp in assigned}
        if not assigned:
            return
        client = self._consumer._client  # noqa: SLF001 - aiokafka has no public way to its client
        topics = await read_topics(client, {tp.topic for tp in assigned})
        ids = {tp: topics[tp.topic].id for tp in assigned if tp.topic in topics}
        if new := ids.keys() - self._ids.keys():
            coordinator = self._consumer._coordinator  # noqa: SLF001 - `committed` leaves out the metadata
            committed = await coordinator.fetch_committed_offsets(list(new))
            for tp in new:
                known = committed[tp].metadata if tp in committed else ""
                self._ids[tp] = known or ids[tp]
        replaced = [tp for tp, id_ in ids.items() if self._ids[tp] != id_]
        for name in {tp.topic for tp in replaced}:
            # The broker that answered may have been suspended, and may not know the new topic yet.
            latest_id, _ = latest(await read_views(client, name))
            replaced = [tp for tp in replaced if tp.topic != name or ids[tp] == latest_id]
        if replaced:
            names = sorted({tp.topic for tp in replaced})
            _log.error("away topic replaced", extra={"topics": names})
            self._replacements.update(replaced)
            await self._consumer.seek_to_beginning(*replaced)
            self._ids.update({tp: ids[tp] for tp in replaced})
