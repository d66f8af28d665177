"""Starts parts one after the other, watches them, and stops them in reverse order."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from deploy.local.process import Process

#: Bounds for the stop of all parts: for one part, for all of them together, and what each part has
#: at least when the others have used the time up.
_GRACE_SECONDS = 4.0
_GRACE_SECONDS_IN_ALL = 10.0
_GRACE_SECONDS_AT_LEAST = 0.5


class Supervisor:
    """Owns the parts that were started, and a task for each that waits for its end.

    A part that ends without being stopped ends the run: `run` stops all other parts, and raises
    the part's `PartFailedError`.
    """

    def __init__(self) -> None:
        self._parts: list[Process] = []
        self._watchers: asyncio.TaskGroup | None = None
        self._watcher_of: dict[Process, asyncio.Task[None]] = {}

    async def run(self, bring_up: Callable[[], Awaitable[None]]) -> None:
        """Run `bring_up`, and keep the parts until this is cancelled or one of them ends.

        `bring_up` may run as long as it likes, and start and stop parts. It is cancelled before
        all parts are stopped. Raises an `ExceptionGroup` with the failures.
        """
        try:
            async with asyncio.TaskGroup() as self._watchers:
                await bring_up()
        finally:
            await self._stop_all()

    async def start(self, part: Process) -> None:
        """Start a part and wait until it is ready; if it ends after that, the run ends."""
        if self._watchers is None:
            raise RuntimeError("parts are started inside `run`")
        # Before the wait: if it is cancelled or fails, the run must stop this part as well.
        self._parts.append(part)
        await part.start()
        self._watcher_of[part] = self._watchers.create_task(
            self._watch(part), name=f"watch over {part.name}"
        )

    async def stop(self, part: Process, grace: float) -> None:
        """Stop one part, with SIGKILL after `grace` seconds; the run goes on without it."""
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
        """Send SIGKILL to every part, without waiting. A second Ctrl-C asks for this."""
        for part in self._parts:
            part.send_kill()
