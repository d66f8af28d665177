"""The position of the delivery group on each partition, according to Kafka."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import ConnectionGroup
from aiokafka.coordinator.protocol import (
    ConsumerProtocolMemberAssignment,
    ConsumerProtocolMemberMetadata,
)
from aiokafka.errors import for_code
from aiokafka.structs import OffsetAndMetadata

from delivery.consume.load_trackers import tracker_of
from delivery.consume.log_offsets import read_ends
from delivery.core.assignor_messages import decode_claim, decode_owners
from delivery.tools.settings import ToolSettings
from runtime.kafka_clients import admin_client
from runtime.topic_metadata import read_topics

#: The indexes of the error code and of the members in aiokafka's description of a group.
_ERROR, _MEMBERS = 0, 5


class PartitionStatus(NamedTuple):
    """The group's position on one partition, and the owner of the partition."""

    tp: TopicPartition
    committed: int
    settled: bytes
    """One byte per offset, from the committed offset on: 1 if the settled map marks it."""
    end: int
    owner: str
    """The address of the owner; empty if the partition has no owner."""

    @property
    def lag(self) -> int:
        """The number of records from the committed offset to the end."""
        return max(0, self.end - self.committed)

    @property
    def settled_beyond(self) -> int:
        """The number of offsets above the committed one whose records are settled or absent."""
        return sum(self.settled)

    def is_settled(self, offset: int) -> bool:
        """Return whether the record is settled, according to the committed offset or the map."""
        index = offset - self.committed
        return index < 0 or (index < len(self.settled) and bool(self.settled[index]))


class GroupMembers(NamedTuple):
    """The members of the group, and the map of owners that each of them has."""

    addresses: tuple[str, ...]
    """The address of each member that has one."""
    owners: tuple[str, ...]
    """The owner of each partition; empty if no member has the map."""
    are_all_known: bool
    """Whether Kafka says who the members are. While the group rebalances, it says only how many."""


async def partition_statuses(settings: ToolSettings) -> list[PartitionStatus]:
    """Return the status of each partition of the topic, in order. Raises `KafkaError`."""
    async with admin_client(settings.kafka_client_options()) as client:
        return await read_partitions(client, settings.kafka_topic, settings.kafka_group_id)


async def read_partitions(
    admin: AIOKafkaAdminClient, topic: str, group: str
) -> list[PartitionStatus]:
    """Return the status of each partition of the topic, in order, over one client.

    Each new client costs several handshakes. Raises `KafkaError` or `TimeoutError`.
    """
    client = admin._client  # noqa: SLF001 - see `topic_metadata`
    found, members = await asyncio.gather(read_topics(client, [topic]), members_of(admin, group))
    if topic not in found:
        return []
    await client.add_topic(topic)  # so that the client knows the leaders
    topic_partitions = [TopicPartition(topic, number) for number in range(found[topic].partitions)]
    committed = await admin.list_consumer_group_offsets(group, partitions=topic_partitions)
    # Ask for the ends last. Ends that were read earlier could be below the committed offsets.
    logs = await read_ends(client, topic_partitions, ConnectionGroup.DEFAULT)
    ends = {tp: log.end for tp, log in logs.items()}
    return _statuses(committed, ends, members.owners)


async def statuses_of(
    client: AIOKafkaAdminClient,
    group: str,
    ends: Mapping[TopicPartition, int],
    owners: Sequence[str],
) -> list[PartitionStatus]:
    """Return the status of each of these partitions, in order. Raises `KafkaError`."""
    committed = await client.list_consumer_group_offsets(group, partitions=list(ends))
    return _statuses(committed, ends, owners)


def _statuses(
    committed: Mapping[TopicPartition, OffsetAndMetadata],
    ends: Mapping[TopicPartition, int],
    owners: Sequence[str],
) -> list[PartitionStatus]:
    statuses = []
    for tp, end in sorted(ends.items()):
        tracker = tracker_of(tp, committed, (0, sys.maxsize), epoch=0)
        owner = owners[tp.partition] if tp.partition < len(owners) else ""
        flags = tracker.settled_beyond()
        statuses.append(PartitionStatus(tp, tracker.next_to_commit, flags, end, owner))
    return statuses


async def members_of(client: AIOKafkaAdminClient, group: str) -> GroupMembers:
    """Return the members of the group. Raises `KafkaError`."""
    (answer,) = await client.describe_consumer_groups([group])
    description = answer.groups[0]
    # aiokafka does not check the error. A coordinator that is loading, or has moved, names no
    # members, and all of them would seem to have left.
    if code := description[_ERROR]:
        raise for_code(code)(f"the members of group {group}")
    addresses: list[str] = []
    owners: tuple[str, ...] = ()
    are_all_known = True
    for *_, metadata, assignment in description[_MEMBERS]:
        are_all_known &= bool(metadata)
        if metadata:
            claim = decode_claim(_user_data(ConsumerProtocolMemberMetadata, metadata))
            addresses.append(claim.address)
        if assignment:  # else this member is still joining
            assigned = _user_data(ConsumerProtocolMemberAssignment, assignment)
            owners = decode_owners(assigned) or owners
    return GroupMembers(tuple(filter(None, addresses)), owners, are_all_known)


def _user_data(
    kind: type[ConsumerProtocolMemberMetadata | ConsumerProtocolMemberAssignment], message: bytes
) -> bytes | None:
    """Return the field `user_data` of a member's message; None if the message cannot be read.

    Any client that may join the group writes such messages, so they may have any bytes.
    """
    try:
        user_data: bytes | None = kind.decode(message).user_data
    except ValueError:
        return None
    return user_data
