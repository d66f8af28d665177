"""Where the shadow begins to compare."""

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from aiokafka import TopicPartition

from delivery.tools import shadow
from delivery.tools.partition_status import PartitionStatus
from delivery.tools.settings import ToolSettings
from delivery.tools.tool_inbox import ToolInbox
from delivery.tools.topic_reader import TopicReader

_TP = TopicPartition("notifications", 0)


class _Topic:
    """A topic without records, which notes where they are read."""

    def __init__(self, committed: int | None) -> None:
        self._committed = committed
        self.read: list[tuple[str, int | None]] = []

    async def committed(self, _: TopicPartition) -> int | None:
        return self._committed

    async def records(self, tp: TopicPartition, begin: int | None = None) -> AsyncIterator[Any]:
        self.read.append((tp.topic, begin))
        nothing: list[Any] = []
        for record in nothing:
            yield record


class _Inbox:
    async def find(self, _: object) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize(("committed", "begin"), [(None, None), (7, 7), (10, 10), (11, None)])
async def test_a_log_that_is_shorter_than_the_last_run_saw_is_compared_from_its_beginning(
    committed: int | None, begin: int | None
) -> None:
    topic = _Topic(committed)
    reader, inbox = cast("TopicReader", topic), cast("ToolInbox", _Inbox())
    status = PartitionStatus(_TP, 0, b"", 10, "")
    assert await shadow._compare(ToolSettings(), reader, status, (), inbox) == []
    assert ("notifications", begin) in topic.read
