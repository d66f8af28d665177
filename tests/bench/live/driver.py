"""The driver: creates notifications as the producer API does, and never two unacked of one user."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from tests.bench.live.crowd import Crowd
from tests.services.world import World

#: The most notifications that the driver writes with one round trip, as a busy producer API would.
BATCH = 64
_LANES = 4
_STEP_SECONDS = 0.005


async def create(world: World, users: Iterable[str]) -> None:
    """Create one notification for each user, first in MongoDB and then on the topic.

    The data contains the time before the insert, from which the clients compute the latency.
    """
    documents = [world.document(user, data=json.dumps({"sent": time.time()})) for user in users]
    await world.inbox.insert_many(documents)
    await world.publish(*documents)


async def create_all(world: World, users: list[str]) -> None:
    """Create one notification for each of many users, in batches."""
    for start in range(0, len(users), BATCH):
        await create(world, users[start : start + BATCH])


@asynccontextmanager
async def closed_loop(world: World, crowd: Crowd, in_flight: int = 1) -> AsyncIterator[None]:
    """Create each user's next notification when the previous one has been acknowledged.

    With more than one in flight, a single lane keeps each user's order.
    """
    crowd.ready.extend(number for number in range(len(crowd.users)) for _ in range(in_flight))
    lanes = _LANES if in_flight == 1 else 1
    async with asyncio.TaskGroup() as tasks:
        work = [tasks.create_task(_create_for_ready(world, crowd)) for _ in range(lanes)]
        yield
        for task in work:
            task.cancel()


async def _create_for_ready(world: World, crowd: Crowd) -> None:
    while True:
        await create(world, [crowd.users[number] for number in await crowd.take(BATCH)])


async def open_loop(world: World, crowd: Crowd, rate: float, seconds: float) -> None:
    """Create `rate` notifications a second, for the users who have waited longest.

    A user who has not acknowledged the previous one is left out, and the rate is caught up with
    when there are ready users again.
    """
    began, created = time.perf_counter(), 0
    async with asyncio.TaskGroup() as tasks:
        while (elapsed := time.perf_counter() - began) < seconds:
            due = int(elapsed * rate) - created
            if due:
                users = [crowd.users[number] for number in await crowd.take(due)]
                tasks.create_task(create(world, users))
                created += len(users)
            await asyncio.sleep(_STEP_SECONDS)
