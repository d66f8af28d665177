"""One worker as its parent sees it: an operating-system process, and a channel to it."""

import socket
import sys
from asyncio.subprocess import DEVNULL, Process, create_subprocess_exec
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Self

from runtime.workers.channel import Channel, Handler
from runtime.workers.inherited import Inherited


class WorkerProcess:
    """Owns the process, the parent's end of the channel, and the last metrics of the worker."""

    def __init__(self, number: int, process: Process, channel: Channel) -> None:
        self.number = number
        self.pid = process.pid
        self.last_snapshot: list[Any] = []
        """The last metrics that the parent has received."""
        self._process = process
        self._channel = channel

    @classmethod
    async def start(cls, module: str, env: Mapping[str, str], inherited: Inherited) -> Self:
        """Execute `python -m module`, without a shell. The worker inherits the descriptors.

        It is not a fork of the parent: it shares no threads, locks or random numbers with the
        parent.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            inherited = replace(inherited, channel=theirs.fileno())
            process = await create_subprocess_exec(
                sys.executable,
                *("-m", module, inherited.argument()),
                env=env,
                pass_fds=inherited.descriptors,
                stdin=DEVNULL,
                # Only the parent gets the terminal's Ctrl-C. It then sends signals to the workers.
                process_group=0,
            )
        return cls(inherited.number, process, Channel(ours))

    async def answer(self, handlers: Mapping[str, Handler]) -> None:
        """Answer the worker's calls until it has closed the channel."""
        await self._channel.run(handlers)

    async def take_snapshot(self, seconds: float) -> None:
        """Ask for the worker's metrics. Raises `ChannelError` or `TimeoutError`."""
        self.last_snapshot = await self._channel.call("snapshot", None, seconds)

    async def ask(self, what: str, value: Any, seconds: float) -> Any:
        """Return the worker's answer. Raises `ChannelError` or `TimeoutError`."""
        return await self._channel.call(what, value, seconds)

    async def wait(self) -> int:
        """Wait for the end of the process. Return its exit status, negative for a signal."""
        return await self._process.wait()

    def send_signal(self, number: int) -> None:
        """Send a signal, if the process has not ended."""
        with suppress(ProcessLookupError):
            self._process.send_signal(number)
