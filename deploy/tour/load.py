"""A steady stream of notifications to several connected shoppers, while something happens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from deploy.tour.arrivals import Arrivals, compare, total
from deploy.tour.screen import Screen
from deploy.tour.shopper import Shopper
from deploy.tour.stage import Stage

_SHOPPERS = 6
_PAUSE_SECONDS = 0.05


class Load:
    """Owns the shoppers, and the ids of the notifications created for each."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._shoppers = [Shopper(stage.user()) for _ in range(_SHOPPERS)]
        self._created: dict[str, list[str]] = {one.user: [] for one in self._shoppers}
        self._is_stopping = asyncio.Event()
        self._has_stopped = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def running(cls, stage: Stage, screen: Screen) -> AsyncIterator["Load"]:
        """Create notifications until `stop`, or until the context ends."""
        load = cls(stage)
        # Contexts end in reverse order, so the tabs close only after the task has ended.
        async with AsyncExitStack() as tabs, asyncio.TaskGroup() as tasks:
            for shopper in load._shoppers:
                await tabs.enter_async_context(stage.tab(shopper))
            creating = tasks.create_task(load._create(screen), name="load of the tour")
            try:
                yield load
            finally:
                creating.cancel()

    async def has_grown(self, by: int) -> None:
        """Wait until this many more notifications were created."""
        goal = self._count + by
        await self._stage.comes_true(lambda: self._is_at(goal))

    async def stop(self) -> Arrivals:
        """Stop creating, wait until everything has arrived, and return what has arrived."""
        self._is_stopping.set()
        await self._has_stopped.wait()
        await self._stage.comes_true(self._is_complete)
        return self._arrivals()

    async def _is_complete(self) -> bool:
        return self._arrivals().complete

    def _arrivals(self) -> Arrivals:
        return total(compare(self._created[one.user], one.received) for one in self._shoppers)

    @property
    def _count(self) -> int:
        return sum(map(len, self._created.values()))

    async def _is_at(self, goal: int) -> bool:
        return self._count >= goal

    async def _create(self, screen: Screen) -> None:
        title = screen.words.text("load.title")
        while not self._is_stopping.is_set():
            for user, ids in self._created.items():
                ids.append(await self._stage.create(user, title))
                await asyncio.sleep(_PAUSE_SECONDS)
        self._has_stopped.set()
