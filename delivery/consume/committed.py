"""Where the group stands: its committed offsets, with the maps in their metadata."""

import logging

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import OffsetAndMetadata

from delivery.core import settled_map
from delivery.core.tracker import Tracker
from producer_api.contract.settings import SharedSettings

_log = logging.getLogger(__name__)


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
    admin = AIOKafkaAdminClient(**settings.kafka_client_options())
    await admin.start()
    try:
        committed = await admin.list_consumer_group_offsets(group, partitions=partitions)
    finally:
        await admin.close()
    beginnings = await consumer.beginning_offsets(partitions)
    return {
        partition: _tracker(partition, committed.get(partition), beginnings[partition], epoch)
        for partition in partitions
    }


def _tracker(
    partition: TopicPartition, committed: OffsetAndMetadata | None, beginning: int, epoch: int
) -> Tracker:
    if committed is None or committed.offset < beginning:
        # Never committed, or the log lost what was not read: the inbox still owes that.
        return Tracker(beginning, epoch)
    try:
        settled = settled_map.decode(committed.metadata)
    except settled_map.UnreadableMapError as error:
        extra = {"partition": partition.partition, "cause": str(error)}
        _log.warning("committed map ignored: repeats are possible", extra=extra)
        settled = b""
    return Tracker(committed.offset, epoch, settled)
