"""Requests with an idempotency key whose first request still runs, or was large."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from producer_api.idempotency.idempotent_creates import IdempotentCreates
from producer_api.intake.committer import Committer
from producer_api.intake.keyed_request import RequestKey, StoredRequest
from producer_api.intake.outcomes import (
    BusyError,
    Created,
    CreateOutcome,
    InProgressError,
    RepeatedError,
    RequestItem,
)
from runtime import slices
from tests.producer_api.documents import document
from tests.producer_api.turns import turns_of


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


class _Stores:
    """Stands in for the client and the stores, which have the outcome of a large request."""

    def __init__(self, ids: list[str]) -> None:
        self._ids = ids

    async def start_session(self) -> Any:
        return _session()

    async def find(self, *_: object) -> StoredRequest:
        return StoredRequest("f", "intent", list(self._ids))

    async def oldest_open(self, *_: object) -> None:
        """Find no open intent."""

    async def find_those_of(self, *_: object) -> dict[str, Any]:
        return {each: document(_id=each) for each in self._ids}


@asynccontextmanager
async def _session() -> AsyncIterator[None]:
    yield


async def test_other_tasks_run_while_a_large_request_is_replayed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slices, "SLICE_SECONDS", 0)
    stores = cast("Any", _Stores([f"0198c0de-0000-7000-8000-{each:012}" for each in range(20)]))
    committer = _Committer()
    committer.gate.set()
    committer.error = RepeatedError("carried out before")
    creates = IdempotentCreates(stores, cast("Committer", committer), (stores, stores, stores), 1.0)
    turns, answer = await turns_of(creates.create([], RequestKey("k", "f"), traceparent=None))
    assert answer.replayed
    assert [type(outcome) for outcome in answer.outcomes] == [Created] * 20
    assert turns >= len(answer.outcomes)
