"""A member that stops waits for acks, and then for the last commit."""

import asyncio
from types import SimpleNamespace as Namespace
from typing import Any, cast

import pytest

from delivery.consume import group_member as group_member_module
from delivery.consume.group_member import GroupMember
from delivery.consume.map_followers import MapFollowers
from delivery.consume.stopped_notes import StoppedNotes
from delivery.consume.writers import Writers
from delivery.dead_letters.sender import DeadLetters
from delivery.delivered.writer import DeliveredWriter
from delivery.push.parts import PushParts
from delivery.receipts.queue import Receipts
from delivery.settings import Settings
from producer_api.contract.known_topic import KnownTopic

_DRAIN_SECONDS, _ACKS_SECONDS = 30.0, 0.05


def _member(receipts: Receipts) -> GroupMember:
    return GroupMember(
        cast(Settings, None),
        cast(PushParts, Namespace(owner=Namespace(suspend=lambda: None))),
        cast(MapFollowers, None),
        Writers(
            cast(DeliveredWriter, None), receipts, cast(DeadLetters, None), cast(StoppedNotes, None)
        ),
        cast(KnownTopic, None),
    )


async def test_last_commit_gets_the_drain_time_that_remains_after_the_acks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    patience: list[float] = []

    async def until_settled(*_about: object) -> None:
        await asyncio.sleep(_ACKS_SECONDS)

    monkeypatch.setattr(group_member_module, "until_settled", until_settled)

    async def stop(seconds: float) -> None:
        patience.append(seconds)

    member = _member(Receipts())
    membership: Any = Namespace(intake=Namespace(stop=lambda: None), commits=Namespace(stop=stop))
    member._membership = membership
    member._running = member._intake = asyncio.create_task(asyncio.sleep(0))
    await member.stop(_DRAIN_SECONDS)
    (seconds,) = patience
    assert _DRAIN_SECONDS / 2 < seconds <= _DRAIN_SECONDS - _ACKS_SECONDS
