"""Counts how often other tasks run while some work is done."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")


async def turns_of(work: Coroutine[Any, Any, ResultT]) -> tuple[int, ResultT]:
    """Do the work. Return the turns of the event loop that another task had, and the result."""
    task = asyncio.create_task(work)
    turns = 0
    while not task.done():
        await asyncio.sleep(0)
        turns += 1
    return turns, task.result()
