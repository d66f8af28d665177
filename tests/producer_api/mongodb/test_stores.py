"""Stores are prepared before any work starts."""

import asyncio

import pytest
from pymongo.errors import AutoReconnect

from producer_api.mongodb import stores as module
from producer_api.mongodb.stores import Stores


class _Store:
    """Fails `failures` times, and counts the calls of `prepare`."""

    def __init__(self, failures: int = 0) -> None:
        self._failures = failures
        self.prepared = 0

    async def prepare(self) -> None:
        if self._failures:
            self._failures -= 1
            raise AutoReconnect("away")
        self.prepared += 1


async def test_preparing_is_tried_until_mongodb_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSE_SECONDS", 0.01)
    first, second = _Store(), _Store(failures=2)
    stores = Stores(first, second)
    async with asyncio.timeout(5):
        await stores.prepare()
    assert stores.are_prepared
    assert (first.prepared, second.prepared) == (3, 1)


async def test_work_starts_once_the_stores_are_prepared() -> None:
    stores = Stores(_Store())
    work_started = asyncio.Event()

    async def work() -> None:
        work_started.set()

    working = asyncio.create_task(stores.work(work))
    await asyncio.sleep(0)
    assert not work_started.is_set()
    async with asyncio.timeout(5):
        await stores.prepare()
        await working
    assert work_started.is_set()
