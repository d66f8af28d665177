"""Idempotency keys whose first request is still running in the same process."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from producer_api.idempotency.idempotent_creates import IdempotentCreates
from producer_api.intake.committer import Committer
from producer_api.intake.keyed_request import RequestKey
from producer_api.intake.outcomes import BusyError, CreateOutcome, InProgressError, RequestItem


class _Committer:
    """Replaces the committer. Waits for `gate`, then fails if `error` is set."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.error: Exception | None = None

    async def create(self, _items: Sequence[RequestItem], **_: Any) -> list[CreateOutcome]:
        await self.gate.wait()
        if self.error:
            raise self.error
        return []


def _creates(committer: _Committer) -> IdempotentCreates:
    unused: Any = None
    return IdempotentCreates(unused, cast("Committer", committer), (unused, unused, unused), 1.0)


async def test_a_key_in_progress_is_refused_at_once_and_free_afterwards() -> None:
    creates = _creates(committer := _Committer())
    key, other = RequestKey("k", "f"), RequestKey("other", "f")
    async with asyncio.timeout(5):
        first = asyncio.create_task(creates.create([], key, traceparent=None))
        await asyncio.sleep(0)
        with pytest.raises(InProgressError):
            await creates.create([], key, traceparent=None)
        unrelated = [
            asyncio.create_task(creates.create([], unrelated_key, traceparent=None))
            for unrelated_key in (other, None)
        ]
        committer.gate.set()
        assert not any(answer.replayed for answer in await asyncio.gather(first, *unrelated))
        await creates.create([], key, traceparent=None)


async def test_a_key_is_free_after_a_failure_and_after_its_caller_left() -> None:
    creates = _creates(committer := _Committer())
    key = RequestKey("k", "f")
    async with asyncio.timeout(5):
        caller = asyncio.create_task(creates.create([], key, traceparent=None))
        await asyncio.sleep(0)
        caller.cancel()
        await asyncio.wait([caller])
        committer.gate.set()
        committer.error = BusyError("full")
        for _ in range(2):
            with pytest.raises(BusyError):
                await creates.create([], key, traceparent=None)
