"""An item that cannot be written is tried again for as long as its writes fail."""

import asyncio
from collections.abc import Sequence

import pytest
from pymongo.errors import OperationFailure

from runtime import split_retries as module
from runtime.split_retries import SplitRetries


async def test_an_item_is_tried_again_after_a_thousand_failures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MAX_SECONDS", 0.0)
    tries = 0

    async def write(_items: Sequence[str], _seconds: float) -> None:
        nonlocal tries
        tries += 1
        if tries <= 1_100:
            raise OperationFailure("a validator refuses it")

    retries = SplitRetries(write)
    retries.add(["1"])
    running = asyncio.create_task(retries.run())
    async with asyncio.timeout(30):
        while retries.waiting and not running.done():  # noqa: ASYNC110 - no event to wait for
            await asyncio.sleep(0)
    assert not running.done()
    running.cancel()
    await asyncio.wait((running,))
