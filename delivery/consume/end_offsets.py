"""How far the log goes, also where intake waits: of those partitions nothing is fetched."""

import asyncio
import logging
from collections.abc import Callable, Collection

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

_log = logging.getLogger(__name__)

_INTERVAL_SECONDS = 2.0


class EndOffsets:
    """Owns the ends that were asked for last."""

    def __init__(
        self, consumer: AIOKafkaConsumer, topic: str, paused: Callable[[], Collection[int]]
    ) -> None:
        self._consumer = consumer
        self._topic = topic
        self._paused = paused
        self._asked: dict[TopicPartition, int] = {}
        self._is_stopped = False

    def stop(self) -> None:
        """Ask no more. Cancel `run` as well: it may wait; but aiokafka may swallow that."""
        self._is_stopped = True

    async def run(self) -> None:
        """Ask for those of the paused partitions, until stopped."""
        while not self._is_stopped:
            await asyncio.sleep(_INTERVAL_SECONDS)
            places = [TopicPartition(self._topic, number) for number in self._paused()]
            try:
                self._asked = await self._consumer.end_offsets(places) if places else {}
            except KafkaError as error:
                _log.warning("the log's end is not known", extra={"cause": repr(error)})

    def of(self, partition: int) -> int:
        """The offset after the last record, by the latest answer; 0 while nothing was fetched."""
        place = TopicPartition(self._topic, partition)
        # Asked of another than ours it raises; ours may be lost this moment.
        is_ours = place in self._consumer.assignment()
        fetched = self._consumer.highwater(place) if is_ours else None
        return max(fetched or 0, self._asked.get(place, 0))
