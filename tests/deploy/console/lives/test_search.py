"""A search among many large events, which must not keep the river waiting."""

import asyncio
from typing import cast

import pytest

from deploy.console.core.facts import fact_of
from deploy.console.core.memory import Memory
from deploy.console.lives.api import NotificationApi
from deploy.console.lives.search import By, Search
from deploy.console.reading.reader import Reader
from runtime import slices
from tests.deploy.console.core.events import changed, created, mark, time_at

_NOTIFICATIONS, _EVENTS = 10, 20


async def test_a_search_lets_other_tasks_run_between_the_events_that_it_parses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = Memory(99, 10**9)
    for number in range(_NOTIFICATIONS):
        reads = [
            changed("read", mark(number, read_at=time_at(at)), at=at) for at in range(100, 119)
        ]
        for event in (created(number, data={"order_id": 7}, place=(0, number)), *reads):
            fact = fact_of(event)
            assert fact is not None
            memory.note(event, fact)
    # Each step is then longer than a slice.
    monkeypatch.setattr(slices, "SLICE_SECONDS", 0)
    no_api = cast("NotificationApi", None)  # a search by order does not ask the API
    search = Search(memory, no_api, cast("Reader", _Uncut()), 0)
    searching = asyncio.create_task(search.find(By.ORDER, "7"))
    turns = 0
    while not searching.done():
        await asyncio.sleep(0)
        turns += 1
    assert len((await searching)["items"]) == _NOTIFICATIONS
    assert turns >= _NOTIFICATIONS * _EVENTS


class _Uncut:
    is_cut = False
