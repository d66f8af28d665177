"""Asks all brokers about a log that seems to be cut or replaced, before that is believed."""

import asyncio
from collections.abc import Collection, Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    KafkaError,
    LeaderNotAvailableError,
    UnknownTopicOrPartitionError,
    for_code,
)
from aiokafka.protocol.offset import OffsetRequest

from delivery.core.log_change import Log
from runtime.topic_views import latest, read_views

_ANSWER_SECONDS = 2.0
_BEGINNING, _END = -2, -1
_READ_UNCOMMITTED = 0


async def logs_of_leaders(
    consumer: AIOKafkaConsumer, topic: str, numbers: Collection[int]
) -> dict[int, Log]:
    """Return the logs of these partitions, as the leaders of the latest terms know them.

    Raises `KafkaError`, also if most of the brokers do not answer, and `TimeoutError`.
    """
    client = consumer._client  # noqa: SLF001 - aiokafka has no public way to its client
    topic_id, leaders = latest(await read_views(client, topic))
    if topic_id is None:
        raise UnknownTopicOrPartitionError(topic)
    by_node: dict[int, list[int]] = {}
    for number in numbers:
        if number not in leaders:
            raise LeaderNotAvailableError(f"{topic}-{number}")
        by_node.setdefault(leaders[number].node, []).append(number)
    logs: dict[int, Log] = {}
    async with asyncio.timeout(_ANSWER_SECONDS):
        for node, led in by_node.items():
            beginnings = await _offsets(client, node, topic, led, _BEGINNING)
            ends = await _offsets(client, node, topic, led, _END)
            logs |= {each: Log(topic_id, beginnings[each], ends[each]) for each in led}
    return logs


async def _offsets(
    client: AIOKafkaClient, node: int, topic: str, numbers: Iterable[int], which: int
) -> dict[int, int]:
    wanted = [(topic, [(number, which) for number in numbers])]
    answer: Any = await client.send(node, OffsetRequest(-1, _READ_UNCOMMITTED, wanted))
    offsets = {}
    for _, partitions in answer.topics:
        for number, code, _, offset in partitions:
            if code:
                error: type[KafkaError] = for_code(code)
                raise error(f"{topic}-{number}")
            offsets[number] = offset
    return offsets
