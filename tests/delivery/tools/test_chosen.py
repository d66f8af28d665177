"""Chosen dead letters and webhooks that do not exist: they are named, and the status is 1."""

import io
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from rich.console import Console

from delivery.away.store import webhook_dead_letters
from delivery.tools import dlq
from delivery.tools.away import away
from delivery.tools.replay_verdict import ReplayCandidate, ReplayVerdict
from delivery.tools.settings import ToolSettings
from producer_api.contract.ids import floor_id


@pytest.mark.parametrize("apply", [False, True])
async def test_a_place_without_a_dead_letter_is_named(
    apply: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    replayed: list[Any] = []

    async def judge(*_: object) -> list[ReplayCandidate]:
        record = ConsumerRecord("letters", 0, 17, 1, 0, b"ana", b"{}", None, -1, -1, ())
        return [ReplayCandidate(record, ReplayVerdict.AS_IT_WAS, None)]

    async def replay_letters(_settings: object, letters: Collection[Any], _: object) -> None:
        replayed.extend(letters)

    monkeypatch.setattr(dlq, "judge", judge)
    monkeypatch.setattr(dlq, "replay_letters", replay_letters)
    text = io.StringIO()
    places = ["0:17", "0;18", "[/]"]
    assert await dlq.replay(ToolSettings(), places, Console(file=text), apply=apply) == 1
    assert text.getvalue().splitlines()[-2:] == ["no dead letter at 0;18", "no dead letter at [/]"]
    assert len(replayed) == apply
    assert await dlq.replay(ToolSettings(), places[:1], Console(file=text), apply=apply) == 0
    assert await dlq.replay(ToolSettings(), (), Console(file=text), apply=apply) == 0


@pytest.mark.parametrize("apply", [False, True])
async def test_a_notification_without_a_given_up_webhook_is_named(
    apply: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def given_up(_: object) -> list[webhook_dead_letters.WebhookDeadLetter]:
        at = datetime.now(UTC)
        return [webhook_dead_letters.WebhookDeadLetter(floor_id(1), "ana", "order", at, "gone", 3)]

    async def revive(*_: object) -> int:
        return 1

    monkeypatch.setattr(webhook_dead_letters.WebhookDeadLetters, "all", given_up)
    monkeypatch.setattr(webhook_dead_letters.WebhookDeadLetters, "revive", revive)
    text = io.StringIO()
    console, settings = Console(file=text, width=200), ToolSettings()
    chosen = [floor_id(1), floor_id(2)]
    assert await away("replay", settings, console, chosen, apply=apply) == 1
    assert text.getvalue().splitlines()[-1] == f"no webhook was given up for {floor_id(2)}"
    assert await away("replay", settings, console, chosen[:1], apply=apply) == 0
    assert await away("replay", settings, console, apply=apply) == 0
