"""Asks Kafka for the ids of topics, which aiokafka's own requests leave out.

A topic that is deleted and created again has the same name, but another id. aiokafka's own requests
have another fault: they ask for all topics of the cluster, or let the broker create missing ones.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, ClassVar, NamedTuple

from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.errors import KafkaError, NodeNotReadyError, UnknownTopicOrPartitionError, for_code
from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)


class Leader(NamedTuple):
    """The broker that leads a partition, and its leader epoch, which grows with each new leader."""

    node: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as a broker knows it."""

    id: str
    """The id in hexadecimal digits."""
    partitions: int
    replicas: int
    """How many replicas its first partition has."""
    leaders: Mapping[int, Leader]
    """The leader of each partition that has one, by the partition's number."""


class _Uuid(AbstractType[bytes]):  # type: ignore[misc] # aiokafka has no types
    @classmethod
    def encode(cls, value: bytes) -> bytes:
        return value

    @classmethod
    def decode(cls, data: BytesIO) -> bytes:
        return data.read(16)


# Version 10 of the Metadata API, which brokers have since Kafka 2.8, is the first with topic ids.
class _MetadataResponse(Response):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 10
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString("utf-8")),
                ("port", Int32),
                ("rack", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", CompactString("utf-8")),
                ("id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline_replicas", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("authorized_operations", Int32),
        ("tags", TaggedFields),
    )


#: Where a partition's replicas are among the fields of `_MetadataResponse`.
_REPLICAS = 4


class _MetadataRequestStruct(RequestStruct):  # type: ignore[misc]
    FLEXIBLE_VERSION = True
    API_KEY = 3
    API_VERSION = 10
    RESPONSE_TYPE = _MetadataResponse
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(("id", _Uuid), ("name", CompactString("utf-8")), ("tags", TaggedFields)),
        ),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_operations", Boolean),
        ("include_topic_operations", Boolean),
        ("tags", TaggedFields),
    )


class _MetadataRequest(Request[_MetadataRequestStruct]):  # type: ignore[misc]
    API_KEY: ClassVar[int] = 3

    def __init__(self, names: Iterable[str]) -> None:
        self._topics: list[Any] = [(bytes(16), name, {}) for name in names]

    def build(self, request_struct_class: type[_MetadataRequestStruct]) -> _MetadataRequestStruct:
        return request_struct_class(self._topics, False, False, False, {})


async def read_topics(
    client: AIOKafkaClient,
    names: Iterable[str],
    node: int | None = None,
    group: int = ConnectionGroup.DEFAULT,
) -> dict[str, Topic]:
    """Return the topics that exist among these, by name, as the broker `node` knows them.

    By default, asks any one of the brokers. Creates no topics. Raises `KafkaError`. A consumer
    fetches on the connections of the default `group`, so its fetches delay answers on these.
    """
    if node is None:
        node = client.get_random_node()
    if node is None:
        raise NodeNotReadyError("no broker is known")
    answer: Any = await client.send(node, _MetadataRequest(names), group=group)
    return dict(_existing(answer.topics))


def _existing(answered: Iterable[Any]) -> Iterable[tuple[str, Topic]]:
    for code, name, topic_id, _, partitions, *_ in answered:
        error: type[KafkaError] = for_code(code)
        if error is UnknownTopicOrPartitionError:
            continue
        if code:
            raise error(name)
        leaders = {
            number: Leader(node, epoch) for _, number, node, epoch, *_ in partitions if node >= 0
        }
        replicas = len(partitions[0][_REPLICAS])
        yield name, Topic(topic_id.hex(), len(partitions), replicas, leaders)
