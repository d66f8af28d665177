"""The metrics count an entry that ends once, even if its end is written at the second try."""

import asyncio
from datetime import UTC, datetime
from typing import cast

import pytest
from pymongo.errors import AutoReconnect

from delivery.away import dispatcher as dispatcher_module
from delivery.away import metrics
from delivery.away.core.decide_telling import Dropped, Tell, TellingRules
from delivery.away.core.entry import Entry, Way
from delivery.away.core.retries import Retries
from delivery.away.dispatcher import Dispatcher, DispatchRules
from delivery.away.store.entries import ClaimedEntry, Entries
from delivery.away.store.subjects import Subject, Subjects
from delivery.away.ways.outcome import Outcome, Refused


class _Entries:
    """Hands out two claims of one entry. The first fails to end it."""

    def __init__(self, way: Way) -> None:
        entry = Entry(way, "n", "ana", "order", datetime.now(UTC))
        self._left = [ClaimedEntry(entry, "first"), ClaimedEntry(entry, "second")]
        self.is_ended = asyncio.Event()

    async def claim(self, *_: object) -> list[ClaimedEntry]:
        return [self._left.pop(0)] if self._left else []

    async def drop(self, claim: ClaimedEntry) -> None:
        if claim.lease == "first":
            raise AutoReconnect("MongoDB is away")
        self.is_ended.set()

    async def end_dead(self, claim: ClaimedEntry, *_: object) -> None:
        await self.drop(claim)


class _Subjects:
    async def of(self, entries: list[Entry]) -> list[Subject]:
        return [Subject({}, {}) for _ in entries]


async def _refuse(*_: object) -> Outcome:
    return Refused("gone")


def _count(way: Way) -> float:
    dropped = metrics.DROPPED.labels(way, Dropped.FAILED)
    counter = metrics.DEAD_LETTERED if way is Way.WEBHOOK else dropped
    (metric,) = counter.collect()
    return float(metric.samples[0].value)


@pytest.mark.parametrize("way", list(Way))
async def test_an_entry_that_is_ended_at_the_second_try_counts_once(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher_module, "decide", lambda *_: Tell())
    entries = _Entries(way)
    stores = cast(Entries, entries), cast(Subjects, _Subjects())
    rules = DispatchRules(TellingRules(), Retries(5, 60), 0.01)
    dispatcher = Dispatcher(way, {}, 1, _refuse, stores, rules)
    before = _count(way)
    running = asyncio.create_task(dispatcher.run())
    async with asyncio.timeout(10):
        await entries.is_ended.wait()
    running.cancel()
    await asyncio.wait((running,))
    assert _count(way) == before + 1
