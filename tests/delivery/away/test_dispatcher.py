"""An entry that fails does not stop the other entries of its dispatcher."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from delivery.away import dispatcher as dispatcher_module
from delivery.away.core.decide_telling import TellingRules
from delivery.away.core.entry import Entry, Way
from delivery.away.core.retries import Retries
from delivery.away.dispatcher import Dispatcher, DispatchRules, Teller
from delivery.away.store.entries import ClaimedEntry, Entries
from delivery.away.store.subjects import Subject, Subjects


class _Entries:
    """Hands out two claims one by one, and records why each is to be tried again."""

    def __init__(self) -> None:
        # An entry that has been due for too long is given up. So make this one due now, and not at
        # the import of this module.
        entry = Entry(Way.PUSH, "n", "ana", "order", datetime.now(UTC))
        self.left = [ClaimedEntry(entry, "first"), ClaimedEntry(entry, "second")]
        self.retried: dict[str, str] = {}
        self.all_retried = asyncio.Event()
        #: What the first call to retry raises.
        self.error: Exception | None = None

    async def claim(self, *_: object) -> list[ClaimedEntry]:
        return [self.left.pop(0)] if self.left else []

    async def retry(self, claim: ClaimedEntry, _at: datetime, reason: str, _told: object) -> None:
        self.retried[claim.lease] = reason
        if (error := self.error) is not None:
            self.error = None
            raise error
        if len(self.retried) == 2:
            self.all_retried.set()


class _Subjects:
    async def of(self, entries: list[Entry]) -> list[Subject]:
        return [Subject(None, {}) for _ in entries]


@pytest.mark.parametrize("error", [None, OverflowError("the number is too large for BSON")])
async def test_an_entry_that_cannot_be_decided_or_ended_stops_no_other(
    error: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("nobody foresaw this")

    monkeypatch.setattr(dispatcher_module, "decide", fail)
    entries = _Entries()
    entries.error = error
    stores = cast(Entries, entries), cast(Subjects, _Subjects())
    rules = DispatchRules(TellingRules(), Retries(5, 60), 0.01)
    categories: Mapping[str, Any] = {}
    dispatcher = Dispatcher(Way.PUSH, categories, 1, cast(Teller, None), stores, rules)
    running = asyncio.create_task(dispatcher.run())
    done, _ = await asyncio.wait(
        (running, waiting := asyncio.create_task(entries.all_retried.wait())),
        timeout=10,
        return_when=asyncio.FIRST_COMPLETED,
    )
    running.cancel()
    await asyncio.wait((running,))
    assert done == {waiting}
    assert entries.retried == {"first": "ValueError", "second": "ValueError"}


class _SlowStores:
    """Has one due entry. Each step of claiming it waits until the test lets it go on."""

    def __init__(self) -> None:
        self.steps: asyncio.Queue[tuple[str, asyncio.Event]] = asyncio.Queue()
        self.released: list[str] = []

    async def _step(self, name: str) -> None:
        may_go_on = asyncio.Event()
        self.steps.put_nowait((name, may_go_on))
        await may_go_on.wait()

    async def claim(self, *_: object) -> list[ClaimedEntry]:
        await self._step("claim")
        return [ClaimedEntry(Entry(Way.PUSH, "n", "ana", "order", datetime.now(UTC)), "lease")]

    async def of(self, entries: list[Entry]) -> list[Subject]:
        await self._step("read")
        return [Subject(None, {}) for _ in entries]

    async def release(self, claims: list[ClaimedEntry], _now: datetime) -> None:
        await asyncio.sleep(0)
        self.released += [claim.lease for claim in claims]


@pytest.mark.parametrize("last", ["claim", "read"])
async def test_what_is_being_claimed_at_the_stop_is_released_before_the_drain_ends(
    last: str,
) -> None:
    told: list[object] = []

    async def tell(*about: object) -> None:
        told.append(about)

    slow = _SlowStores()
    stores = cast(Entries, slow), cast(Subjects, slow)
    rules = DispatchRules(TellingRules(), Retries(5, 60), 0.01)
    dispatcher = Dispatcher(Way.PUSH, {}, 1, cast(Teller, tell), stores, rules)
    running = asyncio.create_task(dispatcher.run())
    async with asyncio.timeout(10):
        step, may_go_on = await slow.steps.get()
        while step != last:
            may_go_on.set()
            step, may_go_on = await slow.steps.get()
        draining = asyncio.create_task(dispatcher.drain(3600))
        await asyncio.sleep(0)
        may_go_on.set()
        if last == "claim":
            _, may_go_on = await slow.steps.get()
            may_go_on.set()
        await draining
    assert slow.released == ["lease"]
    assert not told
    running.cancel()
    await asyncio.wait((running,))
