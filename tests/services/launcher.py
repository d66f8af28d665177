"""The whole local stack as a person starts it, on ports and data of its own."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from deploy.local.paths import ROOT
from deploy.local.ports import listening
from deploy.local.process import Process

_READY_SECONDS = 180.0  # the start takes 15 s on two idle cores, over 60 s on busy ones
_SCALE_SECONDS = 120.0
_MOST_INSTANCES = 3
_SETTINGS = (
    "LOCAL_MONGO_PORT",
    "LOCAL_KAFKA_PORT",
    "LOCAL_KAFKA_CONTROLLER_PORT",
    "PRODUCER_API_PORT",
    "DEMO_SHOP_PORT",
    "UI_PORT",
)


class Launcher(Process):
    """The launcher with ports and data of its own; what it prints is kept."""

    def __init__(self, data: Path, ports: Iterator[int]) -> None:
        self.data = data
        self.delivery_ports = _adjacent(ports, _MOST_INSTANCES)
        self.ports = {
            **{setting: next(ports) for setting in _SETTINGS},
            "DELIVERY_PORT": self.delivery_ports[0],
        }
        self.lines: list[str] = []
        self._environment = {
            "PATH": os.environ["PATH"],
            "LOCAL_DATA": str(data),
            **{setting: str(port) for setting, port in self.ports.items()},
        }
        super().__init__(
            "launcher",
            [sys.executable, "-m", "deploy.local"],
            env=self._environment,
            cwd=ROOT,
            on_line=self.lines.append,
        )

    def scaling(self, count: int) -> Process:
        """`make scale N=<count>` in another terminal, not yet started."""
        argv = [sys.executable, "-m", "deploy.local.scale", str(count)]
        return Process(f"scale {count}", argv, env=self._environment, cwd=ROOT)

    async def scale(self, count: int) -> tuple[int, list[str]]:
        """Scale to so many; the exit status, and what was printed."""
        scaling = self.scaling(count)
        await scaling.start()
        try:
            status = await asyncio.wait_for(scaling.wait(), _SCALE_SECONDS)
        finally:
            await scaling.kill()
        return status, list(scaling.recent)

    async def until_printed(self, text: str) -> None:
        """Wait until it has printed a line with this text."""

        async def printed() -> bool:
            return any(text in line for line in self.lines)

        await self.until_ready(printed, _READY_SECONDS)

    async def listening(self) -> list[str]:
        """The parts' ports on which something listens, by setting, or by number."""
        ports = self.ports | {str(port): port for port in self.delivery_ports[1:]}
        return [setting for setting, port in ports.items() if await listening(port)]

    @property
    def ui(self) -> str:
        """Where the UI is."""
        return f"http://localhost:{self.ports['UI_PORT']}"

    def terminal_signal(self, number: signal.Signals) -> None:
        """As Ctrl-C does: to the whole process group."""
        os.killpg(self.pid, number)

    def pid_of(self, words: str) -> int:
        """The process of the child whose command line has these words."""
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == self.pid and words in command:
                return int(process.name)
        raise AssertionError(f"the launcher has no child {words!r}")


def _adjacent(ports: Iterator[int], count: int) -> list[int]:
    """So many free ports in a row."""
    row = [next(ports)]
    while len(row) < count:
        port = next(ports)
        row = [*row, port] if port == row[-1] + 1 else [port]
    return row
