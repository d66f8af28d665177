"""The tables of the `status` command."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import GroupLoadInProgressError, KafkaConnectionError
from rich.console import Console

from delivery.tools import status
from delivery.tools.partition_status import PartitionStatus
from delivery.tools.settings import ToolSettings
from delivery.tools.status import Status, table_of
from delivery.tools.tool_inbox import Backlog
from producer_api.contract.partitioning import partition_of

_ID = "0198c0de-0001-7000-8000-000000000001"
_CREATED = 0x0198C0DE0001 / 1000


def _partition(
    number: int, committed: int, settled: bytes, end: int, owner: str
) -> PartitionStatus:
    return PartitionStatus(TopicPartition("notifications", number), committed, settled, end, owner)


def test_partitions_and_the_slowest_users_are_shown_in_two_tables() -> None:
    partitions = [
        _partition(0, 4, b"\0\1\1", 1_234, "http://one:1"),
        _partition(1, 7, b"", 7, ""),
    ]
    text = io.StringIO()
    status = Status(partitions, [Backlog("ana", 1_500, _ID)], "notifications", 2)
    Console(file=text, width=120).print(table_of(status, _CREATED + 90))
    lines = {
        line.split("│")[1].strip(): line for line in text.getvalue().splitlines() if "│" in line
    }
    rows = {number: lines[number].split("│")[2:-1] for number in ("0", "1", "all")}
    shown = {number: [cell.strip() for cell in cells] for number, cells in rows.items()}
    owed = ["0", "0"]
    owed[partition_of("ana", 2)] = "1,500"
    assert shown["0"] == ["http://one:1", "4", "1,234", "1,230", "2", owed[0]]
    assert shown["1"] == ["nobody", "7", "7", "0", "0", owed[1]]
    assert shown["all"] == ["", "", "", "1,230", "", "1,500"]
    assert "1.5 min" in lines["ana"]


def test_status_says_what_is_wrong_with_the_topic() -> None:
    text = io.StringIO()
    partitions = [_partition(0, 9, b"", 7, ""), _partition(1, 0, b"", 0, "")]
    status = Status(partitions, [], "notifications", 1)
    Console(file=text, width=400).print(table_of(status, _CREATED))
    assert "topic 'notifications' has 2 partitions, but had 1 at the first start" in text.getvalue()
    assert "9: beyond the end" in text.getvalue()


def test_a_record_is_settled_by_the_offset_or_by_the_map() -> None:
    partition = _partition(0, 4, b"\0\1", 9, "")
    assert [partition.is_settled(offset) for offset in (3, 4, 5, 6)] == [True, False, True, False]


def test_a_user_whose_oldest_notification_has_a_damaged_id_is_shown() -> None:
    text = io.StringIO()
    status = Status([_partition(0, 1, b"", 1, "")], [Backlog("ana", 1, "?")], "notifications", 1)
    Console(file=text, width=120).print(table_of(status, _CREATED))
    assert "ana" in text.getvalue()


async def test_the_live_status_survives_an_outage_but_not_a_wrong_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers: list[Status | BaseException] = []

    async def read_status(*_: object) -> Status:
        answer = answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    @asynccontextmanager
    async def no_client(_: object) -> AsyncIterator[None]:
        yield

    monkeypatch.setattr(status, "_read_status", read_status)
    monkeypatch.setattr(status, "admin_client", no_client)
    monkeypatch.setattr(status, "_INTERVAL_SECONDS", 0)
    text = io.StringIO()
    console = Console(file=text, width=120, force_terminal=True)
    partition = _partition(0, 1, b"", 1, "http://one:1")
    working = Status([partition], [], "notifications", 1)
    answers += [working, GroupLoadInProgressError("loading"), working, asyncio.CancelledError()]
    with pytest.raises(asyncio.CancelledError):
        await status.status(ToolSettings(), console, once=False)
    assert (answers, text.getvalue().count("not updated: ")) == ([], 1)
    answers.append(KafkaConnectionError("nobody is there"))
    with pytest.raises(KafkaConnectionError):
        await status.status(ToolSettings(), console, once=False)
