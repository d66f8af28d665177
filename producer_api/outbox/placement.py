"""The partition of each record, and whether the topic still has its first number of partitions."""

import logging

from aiokafka.client import AIOKafkaClient

from producer_api.contract.known_topic import KnownTopic, complaint
from producer_api.contract.partitioning import partition_of
from producer_api.contract.topics import ensure_topics
from producer_api.metrics import Metrics
from producer_api.settings import Settings
from runtime.topic_metadata import read_topics

_log = logging.getLogger(__name__)


class Placement:
    """Owns the number of partitions that the topic had at the first start of any program.

    This number decides the partition of each record, even if the topic has another number now.
    Otherwise, users would move to other partitions when partitions are added. The order of their
    records would be lost, and delivery would not read the new ones.
    """

    def __init__(self, settings: Settings, known: KnownTopic, metrics: Metrics) -> None:
        self._settings = settings
        self._topic = settings.kafka_topic
        self._known = known
        self._metrics = metrics
        self._partitions = 0
        self._problem: str | None = None

    async def ensure(self) -> None:
        """Create missing topics, and read the number of partitions. Call this before `of`.

        Raises `aiokafka.errors.KafkaError` or `pymongo.errors.PyMongoError`.
        """
        if self._partitions:
            found = await ensure_topics(self._settings, self._partitions)
        else:
            found, self._partitions = await self._known.ensure(self._settings)
        self._judge(found)

    def of(self, key: bytes) -> int:
        """Return the partition of the records with this key."""
        return partition_of(key.decode(), self._partitions)

    async def problem(self, client: AIOKafkaClient) -> str | None:
        """Return what is wrong with the topic, and what to do; None if nothing is.

        Raises `aiokafka.errors.KafkaError`.
        """
        topic = (await read_topics(client, [self._topic])).get(self._topic)
        self._judge(0 if topic is None else topic.partitions)
        return self._problem

    def _judge(self, found: int) -> None:
        problem = complaint(self._topic, found, self._partitions)
        if problem is not None and problem != self._problem:
            extra = {"topic": self._topic, "partitions": found, "expected": self._partitions}
            _log.error("topic changed", extra=extra)
        self._problem = problem
        self._metrics.topic_mismatch.set(problem is not None)
