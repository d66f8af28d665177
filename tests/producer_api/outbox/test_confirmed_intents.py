"""Confirmed intents are deleted together. Failed deletes are retried; a stop deletes the rest."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest
from pymongo.errors import AutoReconnect

from producer_api.outbox import confirmed_intents as module
from producer_api.outbox.confirmed_intents import ConfirmedIntents
from producer_api.outbox.intents import Intents


class _Intents:
    """Replaces the outbox. Records each deletion, and fails `failures` times."""

    def __init__(self) -> None:
        self.deleted: asyncio.Queue[list[str]] = asyncio.Queue()
        self.failures = 0

    async def delete(self, ids: list[str]) -> None:
        if self.failures:
            self.failures -= 1
            raise AutoReconnect("away")
        self.deleted.put_nowait(ids)

    async def next(self) -> list[str]:
        async with asyncio.timeout(5):
            return await self.deleted.get()


@asynccontextmanager
async def _running(confirmed: ConfirmedIntents) -> AsyncIterator[None]:
    task = asyncio.create_task(confirmed.run())
    try:
        await asyncio.sleep(0)
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_waiting_intents_are_deleted_together() -> None:
    intents = _Intents()
    async with _running(confirmed := ConfirmedIntents(cast("Intents", intents))):
        confirmed.add("a")
        assert await intents.next() == ["a"]
        confirmed.add("b")
        confirmed.add("c")
        assert await intents.next() == ["b", "c"]


async def test_a_failed_delete_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RETRY_SECONDS", 0.01)
    intents = _Intents()
    intents.failures = 2
    async with _running(confirmed := ConfirmedIntents(cast("Intents", intents))):
        confirmed.add("a")
        assert await intents.next() == ["a"]
        confirmed.add("b")
        assert await intents.next() == ["b"], "the intent a must be deleted only once"


async def test_waiting_intents_are_deleted_at_the_stop() -> None:
    intents = _Intents()
    async with _running(confirmed := ConfirmedIntents(cast("Intents", intents))):
        confirmed.add("a")
        assert await intents.next() == ["a"]
        confirmed.add("b")  # deleted only after a pause
    assert await intents.next() == ["b"]
    assert intents.deleted.empty()


async def test_intents_above_the_limit_are_left_to_the_relay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MAX_WAITING", 2)
    intents = _Intents()
    confirmed = ConfirmedIntents(cast("Intents", intents))
    for intent_id in ("a", "b", "c"):
        confirmed.add(intent_id)
    async with _running(confirmed):
        assert await intents.next() == ["a", "b"]
