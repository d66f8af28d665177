"""Reads the last records of the three topics, and then all new ones, without a consumer group."""

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from delivery.consume.guarded_fetch import bound_reading, check_fetching, guard
from deploy.console import metrics
from deploy.console.reading.damaged import DamagedPlaces
from deploy.console.reading.note_record import RecordNotes
from deploy.console.settings import ConsoleSettings
from deploy.console.troubles import Code, Troubles
from producer_api.contract.topics import topic_names
from runtime.kafka_clients import admin_client, start
from runtime.slices import Slices
from runtime.time_limits import CONSUMER_LIMITS
from runtime.topic_metadata import read_topics

_log = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0
_GET_MS = 250
_MOST_RECORDS = 1_000
#: The broker answers a fetch when it has this many bytes, or after this time. So it answers few
#: fetches under any load, and a record is still shown soon enough.
_FETCH_BYTES, _FETCH_MS = 1024 * 1024, 300
_PARTITION_BYTES = 256 * 1024
_STOP_SECONDS = 2.0


class MissingTopicsError(Exception):
    """Some topics do not exist yet. The message names them."""


class NotReadingError(Exception):
    """The topics are not being read."""


class NewPartitionsError(Exception):
    """The number of a topic's partitions has changed."""


class Reader:
    """Owns the consumer and the positions. After an outage, it continues where it stopped.

    Commits nothing, and belongs to no group, so it does not affect delivery's group.
    """

    def __init__(self, settings: ConsoleSettings, notes: RecordNotes, troubles: Troubles) -> None:
        self._settings = settings
        self._notes = notes
        self._troubles = troubles
        self._positions: dict[TopicPartition, int] = {}
        self._live_from: dict[TopicPartition, int] = {}
        """The ends of the partitions when they were first seen."""
        self._ends: dict[TopicPartition, int] = {}
        self.is_cut = False
        """Whether the main topic has older records that were skipped at the start."""
        self._is_reading = False

    @property
    def main_ends(self) -> Mapping[TopicPartition, int]:
        """The last known ends of the main topic's partitions."""
        return {tp: end for tp, end in self._ends.items() if tp.topic == self._settings.kafka_topic}

    async def check(self) -> None:
        """Raise `NotReadingError` unless the topics are read."""
        if not self._is_reading:
            raise NotReadingError("the topics are not read yet, or not any more")

    async def run(self) -> None:
        """Read until cancelled. Survives outages of Kafka."""
        bound_reading()
        while True:
            try:
                await self._read()
            except NewPartitionsError:
                await asyncio.sleep(_PAUSE_SECONDS)  # brokers may not agree on the number yet
            except (KafkaError, OSError, TimeoutError, MissingTopicsError) as error:
                self._is_reading = False
                self._troubles.begin("The topics", Code.TOPICS_UNREAD, str(error) or repr(error))
                _log.warning("topics not read", extra={"cause": repr(error)})
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(
            **self._settings.kafka_client_options(),
            **CONSUMER_LIMITS,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_min_bytes=_FETCH_BYTES,
            fetch_max_wait_ms=_FETCH_MS,
            max_partition_fetch_bytes=_PARTITION_BYTES,
        )
        damaged = DamagedPlaces(consumer, self._use)
        await start(consumer, partial(_stop, consumer))
        try:
            topic_partitions = await self._topic_partitions()
            await self._begin(consumer, topic_partitions)
            guard(consumer, damaged.report)
            self._troubles.end("The topics")
            self._is_reading = True
            slices = Slices()
            while True:
                check_fetching(consumer)
                fetched = await consumer.getmany(timeout_ms=_GET_MS, max_records=_MOST_RECORDS)
                for tp, records in fetched.items():
                    metrics.READ.labels(tp.topic).inc(len(records))
                    for record in records:
                        self._use(record)
                        await slices.step()
                await damaged.read()
                self._note_ends(consumer, topic_partitions)
        finally:
            await _stop(consumer)

    async def _topic_partitions(self) -> list[TopicPartition]:
        names = topic_names(self._settings)
        async with admin_client(self._settings.kafka_client_options()) as admin:
            topics = await read_topics(admin._client, names)  # noqa: SLF001 - see `topic_metadata`
        missing = [name for name in names if name not in topics]
        if missing:
            raise MissingTopicsError(f"{', '.join(missing)} do not exist yet")
        return [
            TopicPartition(name, number)
            for name in names
            for number in range(topics[name].partitions)
        ]

    async def _begin(self, consumer: Any, topic_partitions: list[TopicPartition]) -> None:
        beginnings: dict[TopicPartition, int] = await consumer.beginning_offsets(topic_partitions)
        ends: dict[TopicPartition, int] = await consumer.end_offsets(topic_partitions)
        count = len(topic_partitions) // len({tp.topic for tp in topic_partitions}) or 1
        share = -(-self._settings.console_read_back // count)
        consumer.assign(topic_partitions)
        for tp in topic_partitions:
            first, end = beginnings[tp], ends[tp]
            begin = max(first, end - share)
            if tp.topic == self._settings.kafka_topic and begin > first:
                self.is_cut = True
            position = self._positions.setdefault(tp, begin)
            if not first <= position <= end:  # the log was trimmed or replaced
                position = self._positions[tp] = begin
                self._live_from.pop(tp, None)
            self._live_from.setdefault(tp, end)
            consumer.seek(tp, position)
        self._ends = dict(ends)

    def _use(self, record: ConsumerRecord) -> None:
        tp = TopicPartition(record.topic, record.partition)
        if record.offset < self._positions[tp]:
            self._live_from[tp] = 0  # the topic was created again, and this is its new log
        self._positions[tp] = record.offset + 1
        self._notes.take(record, is_live=record.offset >= self._live_from[tp])

    def _note_ends(self, consumer: Any, topic_partitions: list[TopicPartition]) -> None:
        for tp in topic_partitions:
            # The position is not the end. It may be before the end, if the last records are not for
            # readers, such as the markers of transactions. It may be beyond the end, if the topic
            # was created again.
            known = consumer.highwater(tp)
            if known is not None:
                self._ends[tp] = known
        for topic in {tp.topic for tp in topic_partitions}:
            numbers = consumer.partitions_for_topic(topic)
            if numbers and len(numbers) != sum(tp.topic == topic for tp in topic_partitions):
                raise NewPartitionsError(topic)


async def _stop(consumer: Any) -> None:
    """Stop the consumer within a time limit, because a fetch may swallow the first cancellation."""
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await consumer.stop()
    except (TimeoutError, KafkaError) as error:
        _log.warning("console consumer abandoned", extra={"cause": repr(error)})
