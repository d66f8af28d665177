"""Measures the longest turn of the test's own event loop."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Held = Callable[[], float]


@asynccontextmanager
async def loop_watched() -> AsyncIterator[Held]:
    """Measure the longest turn of the event loop by its CPU time. Other processes do not count."""
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        began = time.thread_time()
        while True:
            await asyncio.sleep(0)
            ended = time.thread_time()
            longest, began = max(longest, ended - began), ended

    # The garbage collector may interrupt any code that allocates. Do not measure its pauses.
    gc.collect()
    gc.disable()
    task = asyncio.create_task(watch())
    try:
        yield lambda: longest
    finally:
        gc.enable()
        task.cancel()
        await asyncio.wait((task,))
