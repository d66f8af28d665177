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
    places: Iterable[TopicPartition],
    coordinator: int | None = None,
) -> tuple[Commit, ...]:
    """Return the group's commits in these partitions. Raises `KafkaError` or `NoAnswerError`.

    `coordinator` is the broker that coordinates the group. By default, it is found first.

    While the coordinator is loading, it answers with no partitions and with an error that aiokafka
    ignores. That answer must not be mistaken for a group that has committed nothing.
    """
    partitions = list(places)
    answer = await admin.list_consumer_group_offsets(group, coordinator, partitions)
    if any(place not in answer for place in partitions):
        raise NoAnswerError("the group's coordinator is not ready")
    return tuple(
        Commit(place.partition, answer[place].offset, answer[place].metadata or "")
        for place in partitions
        if answer[place].offset >= 0
    )


async def read_group(kafka: Options, topic: str, group: str) -> tuple[Commit, ...]:
    """Return the group's commits on the topic. Raises `CannotAuditError`."""
    try:
        async with admin_client(kafka) as admin:
            places = await partitions_of(admin, topic)
            return await _with_retries(admin, group, places)
    except (KafkaError, NoAnswerError, TimeoutError) as error:
        bootstrap = kafka["bootstrap_servers"]
        raise CannotAuditError(f"group {group!r} at {bootstrap}: {error!r}") from error


async def _with_retries(
    admin: AIOKafkaAdminClient, group: str, places: list[TopicPartition]
) -> tuple[Commit, ...]:
    for _ in range(_ATTEMPTS - 1):
        try:
            return await committed(admin, group, places)
        except (KafkaError, NoAnswerError):
            await asyncio.sleep(_PAUSE_SECONDS)
    return await committed(admin, group, places)
