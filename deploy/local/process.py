"""A child process: start it without a shell, read its output, stop, kill or suspend it."""

import asyncio
import signal
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

_KEPT_LINES = 40
_CHUNK = 65_536
_STOP_POLL_SECONDS = 0.001
#: The states of threads that do not run: stopped, traced, dead, or zombie (see proc(5)).
_STILL = frozenset("TtXZ")
# A child must not outlive its parent, even if the parent is killed. Each child also gets its own
# session, so that the terminal's Ctrl-C does not reach it. Otherwise, all children would stop at
# once, not in order.
_DIE_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL", "--")


class PartFailedError(Exception):
    """A part of the stack ended, or was not ready in time. The message has its last output."""

    def __init__(self, summary: str, details: str = "") -> None:
        super().__init__(summary + details)
        self.summary = summary
        """One line that names the part and says what happened to it."""
        self._details = details

    def after(self, ends: int) -> "PartFailedError":
        """Return the same failure, with the number of times in a row that the part has ended."""
        return PartFailedError(f"{self.summary} ({ends} times in a row)", self._details)


class Child(Protocol):
    """A started process: an `asyncio.subprocess.Process`, or in tests a forked child."""

    @property
    def pid(self) -> int:
        """The id of the process."""

    @property
    def returncode(self) -> int | None:
        """The exit status, negative for a signal; None while the process runs."""

    @property
    def stdout(self) -> asyncio.StreamReader | None:
        """The standard output of the process."""

    async def wait(self) -> int:
        """Wait until the process ends, and return its exit status."""

    def send_signal(self, number: int) -> None:
        """Send a signal."""


class Process:
    """Owns one operating-system process at a time, and the task that reads its output.

    `start` may be called again after the process has ended. Standard output and standard error
    are one stream.
    """

    def __init__(
        self,
        name: str,
        argv: list[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        on_line: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.name = name
        self.recent: deque[str] = deque(maxlen=_KEPT_LINES)
        self.end_awaited = False
        """Whether `wait` was called. If so, its caller handles the end."""
        self._argv = argv
        self._env = env
        self._cwd = cwd
        self._on_line = on_line
        self._child: Child | None = None
        self._reader: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._child is not None and self._child.returncode is None

    @property
    def pid(self) -> int:
        """The id of the running process, or of the last one that ran."""
        return self._started().pid

    async def start(self) -> None:
        """Start the process, without waiting until it is ready (see `until_ready`)."""
        if self.running:
            raise RuntimeError(f"{self.name} is already running")
        self.recent.clear()
        self.end_awaited = False
        self._child = await self._spawn()
        self._reader = asyncio.create_task(self._read(self._child), name=f"log of {self.name}")

    async def _spawn(self) -> Child:
        return await asyncio.create_subprocess_exec(
            *_DIE_WITH_PARENT,
            *self._argv,
            env=self._env,
            cwd=self._cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )

    async def _read(self, child: Child) -> None:
        assert child.stdout is not None  # noqa: S101 - for the type checker: it is a PIPE
        rest = b""
        while chunk := await child.stdout.read(_CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._take(line)
        if rest:
            self._take(rest)

    def _take(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        self.recent.append(text)
        self._on_line(text)

    async def wait(self) -> int:
        """Wait for the end and all output. Return the exit status, such as -9 for signal 9."""
        self.end_awaited = True
        status = await self._started().wait()
        if self._reader is not None:
            await asyncio.shield(self._reader)
        return status

    async def ending(self) -> str:
        """Wait for the end. Return a text that says how the process ended."""
        status = await self.wait()
        if status < 0:
            return f"was ended by {signal.Signals(-status).name}"
        return f"ended with status {status}"

    async def withdraw(self) -> None:
        """Let other parts know that this one has ended by itself. Called before it starts again."""

    async def stop(self, grace: float = 10.0) -> None:
        """Send SIGTERM, and SIGKILL if the process has not ended after `grace` seconds."""
        if not self.running:
            return
        self._signal(signal.SIGCONT)  # a suspended process would not handle SIGTERM
        self._signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.wait(), grace)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """Send SIGKILL and wait for the end."""
        if self.running:
            self.send_kill()
            await self.wait()

    def send_kill(self) -> None:
        """Send SIGKILL without waiting."""
        self._signal(signal.SIGKILL)

    def suspend(self) -> None:
        """Send SIGSTOP, which suspends the process until `resume`.

        Returns once all its threads stand still. On a busy machine, a thread on another core would
        otherwise still answer a request that is sent afterwards. Blocks for milliseconds.
        """
        self._signal(signal.SIGSTOP)
        while self.running and not _stands_still(self.pid):
            time.sleep(_STOP_POLL_SECONDS)

    def resume(self) -> None:
        """Send SIGCONT."""
        self._signal(signal.SIGCONT)

    def failure(self, event: str) -> PartFailedError:
        """Return an error with this part's name, the event, and the last lines of output."""
        lines = "".join(f"\n  {line}" for line in self.recent)
        return PartFailedError(
            f"{self.name} {event}", f"; last lines of output:{lines or ' (none)'}"
        )

    async def until_ready(self, probe: Callable[[], Awaitable[bool]], timeout: float) -> None:
        """Call `probe` until it returns True.

        Raises `PartFailedError` if the process ends, or after `timeout` seconds.
        """
        try:
            async with asyncio.timeout(timeout):
                while not await probe():
                    if not self.running:
                        raise self.failure(await self.ending())
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            raise self.failure(f"was not ready within {timeout:.0f} s") from error

    def _signal(self, number: signal.Signals) -> None:
        if self.running:
            self._started().send_signal(number)

    def _started(self) -> Child:
        if self._child is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._child


def _stands_still(pid: int) -> bool:
    """Return whether no thread of the process runs."""
    states = []
    for thread in Path(f"/proc/{pid}/task").glob("*/stat"):
        with suppress(OSError):  # the thread has ended meanwhile
            states.append(thread.read_text().rpartition(")")[2].split()[0])
    return _STILL.issuperset(states)
