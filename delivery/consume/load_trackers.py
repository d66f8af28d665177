"""Makes a tracker for each new partition from the group's committed offset and settled map."""

import logging
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata

from delivery.consume.log_watch import report_change
from delivery.core import settled_map
from delivery.core.log_change import LogChange
from delivery.core.tracker import Tracker
from producer_api.contract.settings import SharedSettings
from runtime.kafka_clients import admin_client
from runtime.time_limits import ADMIN_LIMITS

_log = logging.getLogger(__name__)


class NoCommittedOffsetError(KafkaError):  # type: ignore[misc] # aiokafka has no types
    """The coordinator's answer lacks a partition. The coordinator is loading, or has moved."""


async def load_trackers(
    settings: SharedSettings,
    group: str,
    consumer: AIOKafkaConsumer,
    partitions: list[TopicPartition],
    epoch: int,
) -> dict[TopicPartition, Tracker]:
    """Return a tracker for each partition, at the group's committed offset.

    Without a committed offset in the log, the tracker starts at the beginning of the log. Raises
    `aiokafka.errors.KafkaError`.
    """
    # The consumer's own `committed()` drops the metadata, which holds the settled map.
    async with admin_client(settings.kafka_client_options() | ADMIN_LIMITS) as admin:
        committed = await admin.list_consumer_group_offsets(group, partitions=partitions)
    beginnings = await consumer.beginning_offsets(partitions)
    ends = await consumer.end_offsets(partitions)
    trackers = {}
    for partition in partitions:
        log = beginnings[partition], ends[partition]
        trackers[partition] = tracker_of(partition, committed, log, epoch)
        _report_change(partition, committed[partition].offset, log)
    return trackers


def _report_change(partition: TopicPartition, committed: int, log: tuple[int, int]) -> None:
    beginning, end = log
    extra = {"partition": partition.partition, "committed": committed, "received": committed}
    extra |= {"beginning": beginning, "end": end}
    if committed > end:
        report_change(LogChange.TRUNCATED, extra)
    elif 0 <= committed < beginning:
        report_change(LogChange.TRIMMED, extra)


def tracker_of(
    partition: TopicPartition,
    answer: Mapping[TopicPartition, OffsetAndMetadata],
    log: tuple[int, int],
    epoch: int,
) -> Tracker:
    """Return the tracker of a partition whose log has these offsets: its beginning, and its end.

    Raises `NoCommittedOffsetError`.

    Kafka answers -1 for a partition that was never committed. If the whole request fails, aiokafka
    ignores the error, and the partition is missing from `answer`. In that case, starting
    at the beginning would rewind the group.
    """
    committed = answer.get(partition)
    if committed is None:
        name = f"{partition.topic}-{partition.partition}"
        raise NoCommittedOffsetError(f"the coordinator's answer has no offset for {name}")
    beginning, end = log
    if not beginning <= committed.offset <= end:
        # Either nothing was ever committed. Or records were deleted before they were read, and the
        # inbox still owes their notifications. Or this is another log, and how far it was read is
        # unknown.
        return Tracker(beginning, epoch)
    try:
        settled = settled_map.decode(committed.metadata)
    except settled_map.UnreadableMapError as error:
        # Settled records may be pushed again. Clients drop the ids that they already have.
        extra = {"partition": partition.partition, "cause": str(error)}
        _log.warning("committed map ignored", extra=extra)
        settled = b""
    return Tracker(committed.offset, epoch, settled)
