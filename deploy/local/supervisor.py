"""Starts parts one after another, starts them again if they end, and stops them in reverse."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from deploy.local.process import PartFailedError, Process
from deploy.local.restarts import Restarts

#: Time limits for stopping: for one part, for all parts together, and the least that a part gets if
#: the others have used up the time.
_GRACE_SECONDS = 4.0
_MAX_TOTAL_GRACE_SECONDS = 10.0
_MIN_GRACE_SECONDS = 0.5


class Supervisor:
    """Owns the started parts, and a task per part that starts it again if it ends.

    If a part ends too often in a row, `run` stops all other parts, and raises the part's
    `PartFailedError`. `say` gets a line about each end and each new start.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._parts: list[Process] = []
        self._watchers: asyncio.TaskGroup | None = None
        self._watcher_of: dict[Process, asyncio.Task[None]] = {}

    async def run(self, bring_up: Callable[[], Awaitable[None]]) -> None:
        """Run `bring_up`, and keep the parts running until cancelled, or until a part fails.

        `bring_up` may start and stop parts, and need not return. It is cancelled before all parts
        are stopped. Raises an `ExceptionGroup` with the failures.
        """
        try:
            async with asyncio.TaskGroup() as self._watchers:
                await bring_up()
        finally:
            await self._stop_all()

    async def start(self, part: Process) -> None:
        """Start a part, and wait until it is ready. If it ends later, it is started again.

        Raises `PartFailedError` if this first start fails.
        """
        if self._watchers is None:
            raise RuntimeError("a part was started outside `run`; start it in `bring_up`")
        # Add it before the await. If its start fails or is cancelled, the run must also stop it.
        self._parts.append(part)
        await part.start()
        self._watch(part, self._watchers)

    async def stop(self, part: Process, grace: float) -> None:
        """Stop one part, with SIGKILL after `grace` seconds. The run continues without it."""
        await self._unwatch(part)
        await part.stop(grace)
        self._parts.remove(part)

    @asynccontextmanager
    async def paused(self, part: Process, grace: float) -> AsyncIterator[None]:
        """Keep a part stopped until the context ends. It keeps its place in the order of stops.

        Raises `PartFailedError` if the part cannot start again at once. `run` then keeps trying.
        """
        if self._watchers is None:
            raise RuntimeError("a part was paused outside `run`")
        await self._unwatch(part)
        await part.stop(grace)
        try:
            yield
        except asyncio.CancelledError:
            raise  # the whole run is being stopped
        except BaseException:
            await self._resume(part, self._watchers)
            raise
        await self._resume(part, self._watchers)

    async def _resume(self, part: Process, watchers: asyncio.TaskGroup) -> None:
        try:
            await part.start()
        except PartFailedError:
            await part.kill()  # it may run without being ready
            raise
        finally:
            self._watch(part, watchers)

    def _watch(self, part: Process, watchers: asyncio.TaskGroup) -> None:
        self._watcher_of[part] = watchers.create_task(
            self._keep_running(part), name=f"watch over {part.name}"
        )

    async def _unwatch(self, part: Process) -> None:
        if (watcher := self._watcher_of.pop(part, None)) is not None:
            watcher.cancel()
            # The watcher may be starting the part at this moment. Once it has ended, only the
            # caller starts or stops the part.
            await asyncio.wait([watcher])

    async def _keep_running(self, part: Process) -> None:
        restarts = Restarts()
        ready_at = time.monotonic()
        failure = await self._failure_of(part)
        while (pause := restarts.pause_after(time.monotonic() - ready_at)) is not None:
            self._say(f"{failure.summary}; starting it again in {pause:g} s")
            await asyncio.sleep(pause)
            began_at = ready_at = time.monotonic()
            try:
                await part.start()
            except PartFailedError as error:
                await part.kill()  # it may run without being ready
                failure = error
                continue
            ready_at = time.monotonic()
            self._say(f"{part.name} is ready again after {ready_at - began_at:.1f} s")
            failure = await self._failure_of(part)
        raise failure.after(restarts.ends)

    @staticmethod
    async def _failure_of(part: Process) -> PartFailedError:
        failure = part.failure(await part.ending())
        await part.withdraw()
        return failure

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
