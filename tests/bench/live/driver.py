"""Creates notifications as the producer API does, with few unacked ones for each user."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from producer_api.contract.notification import Document
from tests.bench.live.crowd import Crowd
from tests.services.world import World

#: How many notifications the driver writes at most in one round trip, like a busy producer API.
BATCH = 256
# The shortest time between two batches. Without it, a slow machine would make smaller batches, and
# each notification would cost more.
_STEP_SECONDS = 0.01


async def create(world: World, users: Iterable[str]) -> None:
    """Create one notification for each user, first in MongoDB and then on the topic."""
    await world.publish(*await _inserted(world, users))


async def _inserted(world: World, users: Iterable[str]) -> list[Document]:
    """Insert one notification for each user. Its data has the time, so clients know the latency."""
    documents = [world.document(user, data=json.dumps({"sent": time.time()})) for user in users]
    await world.inbox.insert_many(documents)
    return documents


async def create_all(world: World, users: list[str]) -> None:
    """Create one notification for each of many users, in batches."""
    for start in range(0, len(users), BATCH):
        await create(world, users[start : start + BATCH])


@asynccontextmanager
async def closed_loop(world: World, crowd: Crowd, in_flight: int = 1) -> AsyncIterator[None]:
    """Create each user's next notification when the previous one has been acknowledged.

    While one batch is published, the next one is inserted, for the users whose acks have arrived
    by then.
    """
    is_over = asyncio.Event()
    crowd.ready.extend(number for number in range(len(crowd.users)) for _ in range(in_flight))

    async def create_for_ready() -> None:
        published: asyncio.Task[None] | None = None
        while not is_over.is_set():
            users = [crowd.users[number] for number in await crowd.take(BATCH)]
            documents = await _inserted(world, users)
            if published is not None:
                await published  # publish in the order of the inserts
            published = tasks.create_task(world.publish(*documents))
            await asyncio.sleep(_STEP_SECONDS)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(create_for_ready())
        yield
        # Do not cancel the task: a cancelled batch could be in MongoDB but not on the topic.
        is_over.set()


async def open_loop(world: World, crowd: Crowd, rate: float, seconds: float) -> None:
    """Create `rate` notifications a second, for the users who have waited longest.

    Leaves out users who have not acknowledged their previous notification. At the end, waits until
    all notifications are acknowledged.
    """
    began, created = time.perf_counter(), 0
    async with asyncio.TaskGroup() as tasks:
        while (elapsed := time.perf_counter() - began) < seconds:
            if due := int(elapsed * rate) - created:
                users = [crowd.users[number] for number in await crowd.take(due)]
                tasks.create_task(create(world, users))
                created += len(users)
            await asyncio.sleep(_STEP_SECONDS)
    await crowd.until_ready(len(crowd.users))


async def every(seconds: float, world: World, crowd: Crowd) -> None:
    """Create one notification for each ready user, again and again, until cancelled."""
    while True:
        if crowd.ready:
            # A user is in `ready` twice if a notification came twice, as can happen after a kill.
            users = {crowd.users[number] for number in await crowd.take(len(crowd.ready))}
            await create(world, users)
        await asyncio.sleep(seconds)
