"""Every page gets each state that differs from the last one that it got."""

import asyncio
from typing import Any

import orjson

from deploy.console.core.feed import Feed
from deploy.console.listening.hub import Hub, Listener
from deploy.console.listening.publisher import Publisher
from producer_api.contract.token_verifier import Identity

_SOMEBODY = Identity("eva", frozenset(), accepted_until=0)


async def _next_state(listener: Listener) -> Any:
    async with asyncio.timeout(10):
        event = await listener.waiting.get()
    assert event is not None
    return orjson.loads(event.partition(b"\ndata: ")[2])["number"]


async def test_a_page_that_joins_between_two_changes_is_told_of_the_second() -> None:
    current = {"number": 1}
    hub = Hub(most=2)
    publisher = Publisher(hub, Feed(), lambda: dict(current))
    publishing = asyncio.create_task(publisher.run())
    try:
        first = publisher.join(_SOMEBODY)
        assert [await _next_state(first), await _next_state(first)] == [1, 1]
        current["number"] = 2
        second = publisher.join(_SOMEBODY)
        current["number"] = 1
        assert [await _next_state(second), await _next_state(second)] == [2, 1]
    finally:
        publishing.cancel()
        await asyncio.wait({publishing})
