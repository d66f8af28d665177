"""Loads the trackers of new partitions: those that can be loaded at once, the others later."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable

from aiokafka import TopicPartition

from delivery.core.tracker import Tracker

_log = logging.getLogger(__name__)

#: How long a rebalance waits for trackers. No heartbeats are sent meanwhile.
_PATIENCE_SECONDS = 3.0
#: The time limit of later attempts grows up to this value. On a busy machine, connecting may take
#: longer than the first attempts allow, and each attempt connects again. A long attempt delays only
#: the partitions that are still to be loaded.
_LONGEST_SECONDS = 12.0
_RETRY_SECONDS = 0.5

Load = Callable[[list[TopicPartition], int], Awaitable[dict[TopicPartition, Tracker]]]
Begin = Callable[[TopicPartition, Tracker], Awaitable[None]]


class Loading:
    """Owns the partitions that are assigned here and not loaded yet, and the task that loads them.

    A partition whose broker is unavailable must delay neither the others nor this member.
    """

    def __init__(self, load: Load, begin: Begin) -> None:
        self._load = load
        self._begin = begin
        self._later: asyncio.Task[None] | None = None
        self.waiting: frozenset[int] = frozenset()
        """The partitions that nobody serves, because their committed offsets cannot be read."""

    async def load(self, partitions: Iterable[TopicPartition], epoch: int) -> None:
        """Load the partitions, and begin each. Leaves slow ones to a background task."""
        rest, deadline = set(partitions), time.monotonic() + _PATIENCE_SECONDS
        while rest and (seconds := deadline - time.monotonic()) > 0:
            if not await self._is_loaded(rest, rest, epoch, seconds):
                await asyncio.sleep(min(_RETRY_SECONDS, max(0.0, deadline - time.monotonic())))
        if rest:
            self._note(rest)
            self._later = asyncio.create_task(self._load_each(rest, epoch))

    async def stop(self) -> None:
        """Give up the partitions that are not loaded, because the assignment is over."""
        task, self._later = self._later, None
        if task is not None:
            task.cancel()
            await asyncio.wait((task,))
        self._note(())

    async def _load_each(self, rest: set[TopicPartition], epoch: int) -> None:
        seconds = _PATIENCE_SECONDS
        while rest:
            for partition in sorted(rest):
                await self._is_loaded({partition}, rest, epoch, seconds)
                self._note(rest)
            seconds = min(seconds * 2, _LONGEST_SECONDS)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _is_loaded(
        self, some: set[TopicPartition], rest: set[TopicPartition], epoch: int, seconds: float
    ) -> bool:
        """Load these partitions and take them out of `rest`; return whether that worked.

        The time limit applies only to Kafka's answers. A time limit on `begin` would leave some
        users of a partition unconnected.
        """
        try:
            async with asyncio.timeout(seconds):
                trackers = await self._load(sorted(some), epoch)
        except Exception as error:  # noqa: BLE001 - aiokafka would only log it
            _log_failure(some, error)
            return False
        for partition, tracker in trackers.items():
            rest.discard(partition)
            await self._begin(partition, tracker)
        return True

    def _note(self, rest: Iterable[TopicPartition]) -> None:
        self.waiting = frozenset(partition.partition for partition in rest)


def _log_failure(partitions: Iterable[TopicPartition], error: Exception) -> None:
    numbers = sorted(partition.partition for partition in partitions)
    extra = {"partitions": numbers, "cause": repr(error)}
    _log.warning("committed offsets not loaded", extra=extra)
