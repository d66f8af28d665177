"""Asks Kafka for the end offsets of paused partitions, from which nothing is fetched."""

import asyncio
import logging
from collections.abc import Callable, Collection

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

_log = logging.getLogger(__name__)

_INTERVAL_SECONDS = 2.0


class EndOffsets:
    """Owns the latest end offsets of the paused partitions.

    The other partitions need no query, because each fetch returns their end offsets.
    """

    def __init__(
        self, consumer: AIOKafkaConsumer, topic: str, paused: Callable[[], Collection[int]]
    ) -> None:
        self._consumer = consumer
        self._topic = topic
        self._paused = paused
        self._end_offsets: dict[TopicPartition, int] = {}
        self._is_stopped = False

    def stop(self) -> None:
        """Stop the queries. The caller must also cancel `run`, which may be waiting.

        The cancellation alone is not enough, because aiokafka may swallow it.
        """
        self._is_stopped = True

    async def run(self) -> None:
        """Query the end offsets of the paused partitions at each interval, until stopped."""
        while not self._is_stopped:
            await asyncio.sleep(_INTERVAL_SECONDS)
            partitions = [TopicPartition(self._topic, number) for number in self._paused()]
            try:
                self._end_offsets = (
                    await self._consumer.end_offsets(partitions) if partitions else {}
                )
            except KafkaError as error:
                _log.warning("end offsets unavailable", extra={"cause": repr(error)})

    def of(self, number: int) -> int:
        """Return the offset after the partition's last record; 0 while it is unknown."""
        partition = TopicPartition(self._topic, number)
        # `highwater` raises for a partition that a rebalance has just taken away.
        is_assigned = partition in self._consumer.assignment()
        fetched = self._consumer.highwater(partition) if is_assigned else None
        return max(fetched or 0, self._end_offsets.get(partition, 0))
