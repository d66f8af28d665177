"""Makes a tracker for each new partition from the group's committed offset and settled map."""

import logging
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    KafkaError,
    NotCoordinatorForGroupError,
    for_code,
)
from aiokafka.protocol.commit import OffsetFetchRequest
from aiokafka.structs import OffsetAndMetadata

from delivery.consume.log_offsets import Ends, read_ends
from delivery.consume.log_watch import report_change
from delivery.consume.logs_of_leaders import logs_of_leaders
from delivery.core import settled_map
from delivery.core.log_change import LogChange
from delivery.core.tracker import Tracker

_log = logging.getLogger(__name__)


class NoCommittedOffsetError(KafkaError):  # type: ignore[misc] # aiokafka has no types
    """The coordinator's answer lacks a partition. The coordinator is loading, or has moved."""


async def load_trackers(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition], epoch: int
) -> dict[TopicPartition, Tracker]:
    """Return a tracker for each partition, at the group's committed offset.

    If the log does not contain the committed offset, the tracker starts at the beginning of the
    log. Raises `aiokafka.errors.KafkaError`.
    """
    committed = await _committed(consumer, partitions)
    logs = await read_ends(consumer._client, partitions)  # noqa: SLF001 - see `generation_of`
    beyond = [tp for tp in committed if committed[tp].offset > logs[tp].end]
    for topic in {tp.topic for tp in beyond}:
        numbers = [tp.partition for tp in beyond if tp.topic == topic]
        for number, log in (await logs_of_leaders(consumer, topic, numbers)).items():
            logs[TopicPartition(topic, number)] = Ends(log.beginning, log.end)
    trackers = {}
    for partition in partitions:
        trackers[partition] = tracker_of(partition, committed, logs[partition], epoch)
        _report_change(partition, committed[partition].offset, logs[partition])
    return trackers


async def _committed(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition]
) -> dict[TopicPartition, OffsetAndMetadata]:
    """Return the group's committed offsets, with their metadata.

    The consumer's own `committed()` drops the metadata, which holds the settled map. An admin
    client would open connections of its own, and the group would wait for these.
    """
    by_topic: dict[str, list[int]] = {}
    for topic, number in partitions:
        by_topic.setdefault(topic, []).append(number)
    coordinator: Any = consumer._coordinator  # noqa: SLF001 - see `generation_of`
    await coordinator.ensure_coordinator_known()
    request = OffsetFetchRequest(coordinator.group_id, list(by_topic.items()))
    answer = await coordinator._send_req(request)  # noqa: SLF001
    committed = {}
    for topic, answered in answer.topics:
        for number, offset, metadata, code in answered:
            if code:
                error: type[KafkaError] = for_code(code)
                if error in (NotCoordinatorForGroupError, GroupCoordinatorNotAvailableError):
                    coordinator.coordinator_dead()
                raise error(f"the committed offsets of group {coordinator.group_id}")
            committed[TopicPartition(topic, number)] = OffsetAndMetadata(offset, metadata)
    return committed


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
    """Return the tracker of a partition; `log` is its log's beginning and end.

    Kafka answers -1 for a partition that was never committed. If `answer` has no entry for the
    partition, the request has failed. Starting at the beginning would then rewind the group, so
    this raises `NoCommittedOffsetError`.
    """
    committed = answer.get(partition)
    if committed is None:
        name = f"{partition.topic}-{partition.partition}"
        raise NoCommittedOffsetError(f"the coordinator's answer has no offset for {name}")
    beginning, end = log
    if not beginning <= committed.offset <= end:
        # There are three cases. Nothing was ever committed. Or records were deleted before they
        # were read: the inbox still owes their notifications. Or this is another log: it is unknown
        # how far it was read.
        return Tracker(beginning, epoch)
    try:
        settled = settled_map.decode(committed.metadata)
    except settled_map.UnreadableMapError as error:
        # Settled records may be pushed again. Clients drop the ids that they already have.
        extra = {"partition": partition.partition, "cause": str(error)}
        _log.warning("committed map ignored", extra=extra)
        settled = b""
    return Tracker(committed.offset, epoch, settled)
