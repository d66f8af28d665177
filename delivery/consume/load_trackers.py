"""Where the group stands: its committed offsets, with the maps in their metadata."""

import logging
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata

from delivery.core import settled_map
from delivery.core.tracker import Tracker
from producer_api.contract.settings import SharedSettings
from runtime.kafka_clients import admin_client

_log = logging.getLogger(__name__)


class NoCommittedOffsetError(KafkaError):  # type: ignore[misc] # aiokafka has no types
    """The coordinator said nothing of a partition that was asked for: it is loading, or moved."""


async def load_trackers(
    settings: SharedSettings,
    group: str,
    consumer: AIOKafkaConsumer,
    partitions: list[TopicPartition],
    epoch: int,
) -> dict[TopicPartition, Tracker]:
    """A tracker a partition, from where the group committed, or from the log's beginning.

    The consumer's own `committed()` drops the metadata, so the admin client is asked. Raises
    `aiokafka.errors.KafkaError`.
    """
    async with admin_client(settings.kafka_client_options()) as admin:
        committed = await admin.list_consumer_group_offsets(group, partitions=partitions)
    beginnings = await consumer.beginning_offsets(partitions)
    return {
        partition: tracker_of(partition, committed, beginnings[partition], epoch)
        for partition in partitions
    }


def tracker_of(
    partition: TopicPartition,
    answer: Mapping[TopicPartition, OffsetAndMetadata],
    beginning: int,
    epoch: int,
) -> Tracker:
    """The partition's tracker. Raises `NoCommittedOffsetError`.

    What was never committed is answered with -1. aiokafka passes over an error of the whole
    answer, which then lacks the partition: to begin anew for that would rewind the group.
    """
    committed = answer.get(partition)
    if committed is None:
        raise NoCommittedOffsetError(
            f"no offset of {partition.topic}-{partition.partition} in the answer"
        )
    if committed.offset < beginning:
        # Never committed, or the log lost what was not read: the inbox still owes that.
        return Tracker(beginning, epoch)
    try:
        settled = settled_map.decode(committed.metadata)
    except settled_map.UnreadableMapError as error:
        extra = {"partition": partition.partition, "cause": str(error)}
        _log.warning("committed map ignored: repeats are possible", extra=extra)
        settled = b""
    return Tracker(committed.offset, epoch, settled)
