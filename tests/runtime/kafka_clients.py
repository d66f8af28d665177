"""Stand-ins for Kafka clients that start, hang or fail as a test needs."""

import asyncio
from contextlib import suppress
from types import SimpleNamespace
from typing import Any


class HeldProducer:
    """Stands in for an aiokafka producer with a batch that Kafka never takes.

    `stop` and the sender task wait for the batch, as in aiokafka. The sender task has two requests.
    Each cancellation of the task ends only one of them.
    """

    def __init__(self) -> None:
        self.is_closed = False
        self.client = SimpleNamespace(close=self._close)
        self.sent: list[asyncio.Future[Any]] = []
        self._sender = SimpleNamespace(sender_task=None)
        self._message_accumulator = SimpleNamespace(fail_all=self._fail_all)
        self._released = asyncio.Event()

    async def start(self) -> None:
        self._sender.sender_task = asyncio.create_task(self._send())

    async def stop(self) -> None:
        await asyncio.Event().wait()

    async def send(self, *_: Any, **__: Any) -> asyncio.Future[Any]:
        self.sent.append(asyncio.get_running_loop().create_future())
        return self.sent[-1]

    @property
    def is_orphaned(self) -> bool:
        """Return whether the sender still runs or connections are still open."""
        sender_task = self._sender.sender_task
        return not self.is_closed or (sender_task is not None and not sender_task.done())

    def release(self) -> None:
        """End the sender after a failed test."""
        self._released.set()

    async def _send(self) -> None:
        for _ in range(2):
            with suppress(asyncio.CancelledError):
                await self._released.wait()

    def _fail_all(self, error: Exception) -> None:
        for future in self.sent:
            if not future.done():
                future.set_exception(error)

    async def _close(self) -> None:
        self.is_closed = True


class UnreachableProducer(HeldProducer):
    """Waits for Kafka during its start. It has no sender yet, so `stop` returns at once."""

    def __init__(self) -> None:
        super().__init__()
        self.is_starting = asyncio.Event()

    async def start(self) -> None:
        self.is_starting.set()
        await asyncio.Event().wait()

    async def stop(self) -> None:
        self.is_closed = True
