"""Keeps parts running: started one after the other, stopped in reverse."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from deploy.local.process import Process

_GRACE_SECONDS = 4.0
_GRACE_SECONDS_IN_ALL = 10.0
_GRACE_SECONDS_AT_LEAST = 0.5


class Supervisor:
    """Owns the parts that were started, and a task for each that waits for its end.

    The first part that ends without being stopped ends the run: `run` raises its `PartFailedError`
    once all others are stopped.
    """

    def __init__(self) -> None:
        self._parts: list[Process] = []
        self._watchers: asyncio.TaskGroup | None = None
        self._watcher_of: dict[Process, asyncio.Task[None]] = {}

    async def run(self, bring_up: Callable[[], Awaitable[None]]) -> None:
        """Bring the parts up and keep them, until this is cancelled or one of them ends.

        `bring_up` may go on as long as it likes, starting and stopping parts; it is cancelled
        before they are all stopped. Raises an `ExceptionGroup` of what went wrong.
        """
        try:
            async with asyncio.TaskGroup() as self._watchers:
                await bring_up()
        finally:
            await self._stop_all()

    async def start(self, part: Process) -> None:
        """Start a part and wait until it is ready; from then on its end ends the run."""
        if self._watchers is None:
            raise RuntimeError("parts are started inside `run`")
        self._parts.append(part)
        await part.start()
        self._watcher_of[part] = self._watchers.create_task(
            self._watch(part), name=f"watch over {part.name}"
        )

    async def stop(self, part: Process, grace: float) -> None:
        """Stop a part and let it go: SIGKILL when it has not ended in `grace` seconds."""
        if (watcher := self._watcher_of.pop(part, None)) is not None:
            watcher.cancel()
        await part.stop(grace)
        self._parts.remove(part)

    async def _watch(self, part: Process) -> None:
        raise part.failure(await part.ending())

    async def _stop_all(self) -> None:
        deadline = time.monotonic() + _GRACE_SECONDS_IN_ALL
        while self._parts:
            left = max(_GRACE_SECONDS_AT_LEAST, deadline - time.monotonic())
            await self._parts[-1].stop(min(_GRACE_SECONDS, left))
            self._parts.pop()

    def kill_all(self) -> None:
        """End every part at once, without a wait: for the one who presses Ctrl-C again."""
        for part in self._parts:
            part.send_kill()
