"""What a worker asks all workers, through the parent, and how it answers for itself."""

import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from prometheus_client import generate_latest
from prometheus_client.registry import Collector

from runtime.workers import metric_sums
from runtime.workers.channel import Channel, ChannelError, Handler
from runtime.workers.problems import Problems
from runtime.workers.worker import Worker

_log = logging.getLogger(__name__)

#: Longer than the parent waits for the other workers.
_ANSWER_SECONDS = 5.0
_TELL_SECONDS = 1.0


class SiblingsUnknownError(Exception):
    """The parent does not answer. It is being stopped, hangs, or is gone."""


class NoSiblings:
    """Stands in for `Siblings` in a program with one process."""

    def __init__(self, registry: Collector) -> None:
        self._registry = registry

    async def run(self, problems: Callable[[], Awaitable[Problems]], hear: Handler) -> None:
        """Do nothing, because there are no other workers."""

    async def metrics(self) -> bytes:
        """Return the metrics of this process, in Prometheus's format."""
        return generate_latest(self._registry)

    async def problems(self, own: Problems) -> Problems:
        """Return the problems of this process."""
        return own

    async def tell(self, value: Any) -> None:
        """Do nothing, because there are no other workers."""

    async def leave(self) -> None:
        """Do nothing, because there are no other workers."""


class Siblings:
    """Owns the worker's end of the channel to the parent."""

    def __init__(self, end: socket.socket, registry: Collector) -> None:
        self._channel = Channel(end)
        self._registry = registry

    async def run(self, problems: Callable[[], Awaitable[Problems]], hear: Handler) -> None:
        """Answer for this worker until the parent is gone, or until cancelled.

        `problems` returns what keeps this worker from being ready. `hear` handles the values that
        other workers pass to `tell`.
        """

        async def own_problems(_: None) -> Problems:
            return await problems()

        await self._channel.run({"snapshot": self._own, "problems": own_problems, "tell": hear})

    async def metrics(self) -> bytes:
        """Return the metrics of all workers, in Prometheus's format.

        Raises `SiblingsUnknownError`.
        """
        encoded = await self._asked("metrics", metric_sums.snapshot(self._registry))
        return metric_sums.exposition(metric_sums.families(encoded))

    async def problems(self, own: Problems) -> Problems:
        """Return what keeps any worker from being ready, including this worker's `own` problems."""
        try:
            answer: Problems = await self._asked("problems", dict(own))
        except SiblingsUnknownError as error:
            return {**own, "Workers": str(error)}
        return answer

    async def tell(self, value: Any) -> None:
        """Send the value to all other workers. Waits until they have it, for at most a second."""
        try:
            await self._channel.call("tell", value, _TELL_SECONDS)
        except (ChannelError, TimeoutError) as error:
            _log.warning("other workers not told", extra={"cause": repr(error)})

    async def leave(self) -> None:
        """Send the last counts to the parent. Call this after the last request."""
        try:
            await self._asked("last", metric_sums.snapshot(self._registry))
        except SiblingsUnknownError as error:
            _log.warning("last counts lost", extra={"cause": str(error)})

    async def _asked(self, what: str, value: Any) -> Any:
        try:
            return await self._channel.call(what, value, _ANSWER_SECONDS)
        except (ChannelError, TimeoutError) as error:
            raise SiblingsUnknownError("the parent process does not answer") from error

    async def _own(self, _: None) -> Any:
        return metric_sums.snapshot(self._registry)


def siblings_of(worker: Worker | None, registry: Collector) -> Siblings | NoSiblings:
    """Return the siblings of a worker; `NoSiblings` for a process that is no worker."""
    return NoSiblings(registry) if worker is None else Siblings(worker.channel, registry)
