"""What the commands print of texts that other programs chose: no controls, and no markup."""

import io
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from rich.console import Console

from delivery.away.store.webhook_dead_letters import WebhookDeadLetter, WebhookDeadLetters
from delivery.tools import dlq
from delivery.tools.away import away
from delivery.tools.partition_status import PartitionStatus
from delivery.tools.settings import ToolSettings
from delivery.tools.status import Status, table_of
from delivery.tools.tool_inbox import Backlog
from producer_api.contract.ids import floor_id

#: Clears the screen, sets the title, and ends a rich style that never began.
_HOSTILE = "\x1b[2J\x1b]0;title\x07\x9b31m\r\n[/red]"
_SHOWN = r"\x1b[2J\x1b]0;title\x07\x9b31m\r\n[/red]"


def _letter() -> ConsumerRecord:
    hostile = _HOSTILE.encode()
    headers = (("dlq_partition", hostile), ("dlq_reason", hostile), (_HOSTILE, b""))
    return ConsumerRecord("letters", 0, 17, 1, 0, hostile, hostile, None, -1, -1, headers)


async def _letters(*_: object) -> list[ConsumerRecord]:
    return [_letter()]


async def _printed(command: Coroutine[Any, Any, int], output: io.StringIO) -> str:
    await command
    text = output.getvalue()
    assert all(one.isprintable() for one in text.replace("\n", "")), text
    return text


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def console(output: io.StringIO) -> Console:
    return Console(file=output, width=400)


async def test_a_dead_letter_cannot_write_to_the_operators_terminal(
    output: io.StringIO, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dlq, "read_dead_letters", _letters)
    shown = await _printed(dlq.show_one(ToolSettings(), "0:17", console), output)
    assert shown.count(_SHOWN) == 5
    output.truncate(0)
    assert await dlq.show_list(ToolSettings(), console) == 0
    assert "\x1b" not in output.getvalue()
    assert output.getvalue().count(_SHOWN) == 4
    assert await dlq.show_one(ToolSettings(), "[/red]", console) == 1


async def test_a_given_up_webhook_is_shown_whatever_its_user_is_called(
    output: io.StringIO, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def given_up(_: object) -> list[WebhookDeadLetter]:
        return [WebhookDeadLetter(floor_id(1), _HOSTILE, "order", datetime.now(UTC), "[/] gone", 3)]

    monkeypatch.setattr(WebhookDeadLetters, "all", given_up)
    shown = await _printed(away("list", ToolSettings(), console), output)
    assert _SHOWN in shown
    assert "[/] gone" in shown


def test_status_shows_hostile_users_and_addresses_as_text(
    output: io.StringIO, console: Console
) -> None:
    partition = PartitionStatus(TopicPartition("notifications", 0), 1, b"", 1, _HOSTILE)
    status = Status([partition], [Backlog(_HOSTILE, 1, floor_id(1))], "notifications", 1)
    console.print(table_of(status, 0))
    assert "\x1b" not in output.getvalue()
    assert output.getvalue().count(_SHOWN) == 2
