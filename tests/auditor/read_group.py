"""Reads the group's committed offsets with their metadata."""

import asyncio
from collections.abc import Iterable

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tests.auditor.errors import CannotAuditError
from tests.auditor.facts import Commit
from tests.auditor.kafka_admin import admin_client, partitions_of
from tests.auditor.kafka_options import Options

_ATTEMPTS = 50
_PAUSE_SECONDS = 0.2


class NoAnswerError(Exception):
    """The group's coordinator has not answered for all partitions."""


async def committed(
    admin: AIOKafkaAdminClient,
    group: str,
    topic_partitions: Iterable[TopicPartition],
    coordinator: int | None = None,
) -> tuple[Commit, ...]:
    """Return the group's commits in these partitions. Raises `KafkaError` or `NoAnswerError`.

    `coordinator` is the broker that coordinates the group. If it is None, Kafka is asked for it.

    While the coordinator is loading, it answers with no partitions and with an error that aiokafka
    ignores. That answer must not be mistaken for a group that has committed nothing.
    """
    partitions = list(topic_partitions)
    answer = await admin.list_consumer_group_offsets(group, coordinator, partitions)
    if any(tp not in answer for tp in partitions):
        raise NoAnswerError("the group's coordinator is not ready")
    return tuple(
        Commit(tp.partition, answer[tp].offset, answer[tp].metadata or "")
        for tp in partitions
        if answer[tp].offset >= 0
    )


async def read_group(kafka: Options, topic: str, group: str) -> tuple[Commit, ...]:
    """Return the group's commits on the topic. Raises `CannotAuditError`."""
    try:
        async with admin_client(kafka) as admin:
            topic_partitions = await partitions_of(admin, topic)
            return await _with_retries(admin, group, topic_partitions)
    except (KafkaError, NoAnswerError, TimeoutError) as error:
        bootstrap = kafka["bootstrap_servers"]
        raise CannotAuditError(f"group {group!r} at {bootstrap}: {error!r}") from error


async def _with_retries(
    admin: AIOKafkaAdminClient, group: str, topic_partitions: list[TopicPartition]
) -> tuple[Commit, ...]:
    for _ in range(_ATTEMPTS - 1):
        try:
            return await committed(admin, group, topic_partitions)
        except (KafkaError, NoAnswerError):
            await asyncio.sleep(_PAUSE_SECONDS)
    return await committed(admin, group, topic_partitions)
