"""Starts parts one after another, watches them, and stops them in reverse order."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from deploy.local.process import Process

#: Time limits for stopping: for one part, for all parts together, and the least that a part gets if
#: the others have used up the time.
_GRACE_SECONDS = 4.0
_MAX_TOTAL_GRACE_SECONDS = 10.0
_MIN_GRACE_SECONDS = 0.5


class Supervisor:
    """Owns the started parts, and a task per part that waits for its end.

    If a part ends without being stopped, `run` stops all other parts, and raises the part's
    `PartFailedError`.
    """

    def __init__(self) -> None:
        self._parts: list[Process] = []
        self._watchers: asyncio.TaskGroup | None = None
        self._watcher_of: dict[Process, asyncio.Task[None]] = {}

    async def run(self, bring_up: Callable[[], Awaitable[None]]) -> None:
        """Run `bring_up`, and keep the parts running until cancelled, or until a part ends.

        `bring_up` may start and stop parts, and need not return. It is cancelled before all parts
        are stopped. Raises an `ExceptionGroup` with the failures.
        """
        try:
            async with asyncio.TaskGroup() as self._watchers:
                await bring_up()
        finally:
            await self._stop_all()

    async def start(self, part: Process) -> None:
        """Start a part, and wait until it is ready. If it ends later, the run ends too."""
        if self._watchers is None:
            raise RuntimeError("a part was started outside `run`; start it in `bring_up`")
        # Add it before the await. If its start fails or is cancelled, the run must also stop it.
        self._parts.append(part)
        await part.start()
        self._watcher_of[part] = self._watchers.create_task(
            self._watch(part), name=f"watch over {part.name}"
        )

    async def stop(self, part: Process, grace: float) -> None:
        """Stop one part, with SIGKILL after `grace` seconds. The run continues without it."""
        if (watcher := self._watcher_of.pop(part, None)) is not None:
            watcher.cancel()
        await part.stop(grace)
        self._parts.remove(part)

    async def _watch(self, part: Process) -> None:
        raise part.failure(await part.ending())

    async def _stop_all(self) -> None:
        deadline = time.monotonic() + _MAX_TOTAL_GRACE_SECONDS
        while self._parts:
            remaining = max(_MIN_GRACE_SECONDS, deadline - time.monotonic())
            # Remove a part only after its stop, so that `kill_all` still reaches it.
            await self._parts[-1].stop(min(_GRACE_SECONDS, remaining))
            self._parts.pop()

    def kill_all(self) -> None:
        """Send SIGKILL to every part, without waiting. A second Ctrl-C does this."""
        for part in self._parts:
            part.send_kill()
