"""Lets Kafka answer with a group's last committed offsets, and not with earlier ones.

A broker that becomes a group's coordinator has all commits in its log. But it answers with the
commits that it knows to be replicated, and it learns from its followers which ones are. If a
follower is gone, that may take seconds. In this time, the coordinator returns offsets from before
the latest commits. A member that starts at these offsets reads records again, and commits lower
offsets than before. Since version 7 of the OffsetFetch API (KIP-447), a client can ask the
coordinator to wait: https://cwiki.apache.org/confluence/display/KAFKA/KIP-447. aiokafka has only
the versions up to 3.
"""

from collections.abc import Iterable
from typing import Any, Self

from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    NotCoordinatorForGroupError,
    RequestTimedOutError,
)
from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.commit import OffsetFetchRequest, OffsetFetchResponse_v3
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)

#: aiokafka does not repeat a request after these errors, so they are passed on as
#: `NotCoordinatorForGroupError`. After that error, it looks for the coordinator, and asks again.
_UNAVAILABLE = (GroupCoordinatorNotAvailableError.errno, RequestTimedOutError.errno)


class _StableResponse(Response):  # type: ignore[misc] # aiokafka has no types
    API_KEY = 9
    API_VERSION = 7
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "topics",
            CompactArray(
                ("topic", CompactString("utf-8")),
                (
                    "partitions",
                    CompactArray(
                        ("partition", Int32),
                        ("offset", Int64),
                        ("leader_epoch", Int32),
                        ("metadata", CompactString("utf-8")),
                        ("error_code", Int16),
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("error_code", Int16),
        ("tags", TaggedFields),
    )

    @classmethod
    def decode(cls, data: Any) -> OffsetFetchResponse_v3:
        """Return the answer in the shape of version 3, which aiokafka reads."""
        answer: Self = super().decode(data)
        topics = list(_version_3(answer.topics))
        if answer.error_code:
            # aiokafka ignores an error of the whole answer, and would believe that the group has
            # committed nothing. It does check the errors of partitions, so report the error as one.
            topics.append(("", [(-1, -1, "", _retriable(answer.error_code))]))
        return OffsetFetchResponse_v3(answer.throttle_time_ms, topics, answer.error_code)


class _StableRequest(RequestStruct):  # type: ignore[misc]
    FLEXIBLE_VERSION = True
    API_KEY = 9
    API_VERSION = 7
    RESPONSE_TYPE = _StableResponse
    SCHEMA = Schema(
        ("consumer_group", CompactString("utf-8")),
        (
            "topics",
            CompactArray(
                ("topic", CompactString("utf-8")),
                ("partitions", CompactArray(Int32)),
                ("tags", TaggedFields),
            ),
        ),
        ("require_stable", Boolean),
        ("tags", TaggedFields),
    )

    def __init__(self, group: str, partitions: list[tuple[str, list[int]]] | None) -> None:
        topics: Any = partitions and [(topic, numbers, {}) for topic, numbers in partitions]
        super().__init__(group, topics, True, {})


def require_stable_offsets() -> None:
    """Let all of aiokafka's clients in this process ask for the last committed offsets.

    For brokers older than Kafka 2.5, nothing changes.
    """
    if _StableRequest not in OffsetFetchRequest._CLASSES:  # noqa: SLF001 - the list of its versions
        OffsetFetchRequest._CLASSES += (_StableRequest,)  # noqa: SLF001


def _version_3(topics: Iterable[Any]) -> Iterable[tuple[str, list[tuple[int, int, str, int]]]]:
    for topic, partitions, _ in topics:
        yield (
            topic,
            [
                (number, offset, metadata, code)
                for number, offset, _, metadata, code, _ in partitions
            ],
        )


def _retriable(code: int) -> int:
    return NotCoordinatorForGroupError.errno if code in _UNAVAILABLE else code
