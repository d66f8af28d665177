"""Gives records to aiokafka's producer: few records one by one, many in ready batches."""

import asyncio
from collections.abc import Iterable
from itertools import chain, islice
from typing import Any

from producer_api.outbox.placement import Placement
from producer_api.outbox.records import TopicRecord

#: From this number on, records go into ready batches. Batches of fewer would be too small.
_MANY = 16


async def send(
    producer: Any,
    topic: str,
    placement: Placement,
    records: Iterable[TopicRecord],
    futures: list[asyncio.Future[Any]],
) -> int:
    """Send the records, in order within each partition. Return their number.

    Appends to `futures` one for each record or batch that was sent, even if this call fails or is
    cancelled. They are done once Kafka has confirmed or refused the records. Raises
    `aiokafka.errors.KafkaError`.
    """
    rest = iter(records)
    first = list(islice(rest, _MANY))
    if len(first) == _MANY:
        return await _send_many(producer, topic, placement, chain(first, rest), futures)
    for record in first:
        future = await producer.send(
            topic,
            key=record.key,
            value=record.value,
            partition=placement.of(record.key),
            headers=record.headers,
        )
        futures.append(future)
    return len(first)


async def _send_many(
    producer: Any,
    topic: str,
    placement: Placement,
    records: Iterable[TopicRecord],
    futures: list[asyncio.Future[Any]],
) -> int:
    """Make the batches here. `producer.send` takes three times as long for the same records."""
    batches: list[tuple[int, Any]] = []
    last: dict[int, Any] = {}
    count = 0
    for count, record in enumerate(records, start=1):  # noqa: B007 - the last is the number
        partition = placement.of(record.key)
        added = partition in last and _append(last[partition], record)
        if not added:  # it is the first of its partition, or the batch is full
            last[partition] = producer.create_batch()
            batches.append((partition, last[partition]))
            _append(last[partition], record)
    for partition, batch in batches:
        batch.close()
        # Waits while aiokafka still has another batch of this partition.
        futures.append(await producer.send_batch(batch, topic, partition=partition))
    return count


def _append(batch: Any, record: TopicRecord) -> bool:
    added = batch.append(timestamp=None, key=record.key, value=record.value, headers=record.headers)
    return added is not None
