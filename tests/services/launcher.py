"""The whole local stack as a person starts it, on ports and data of its own."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from deploy.local.paths import ROOT
from deploy.local.ports import listening
from deploy.local.process import Process

_READY_SECONDS = 60.0
_SETTINGS = (
    "LOCAL_MONGO_PORT",
    "LOCAL_KAFKA_PORT",
    "LOCAL_KAFKA_CONTROLLER_PORT",
    "PRODUCER_API_PORT",
    "DELIVERY_PORT",
    "DEMO_SHOP_PORT",
    "UI_PORT",
)


class Launcher(Process):
    """The launcher with ports and data of its own; what it prints is kept."""

    def __init__(self, data: Path, ports: Iterator[int]) -> None:
        self.data = data
        self.ports = {setting: next(ports) for setting in _SETTINGS}
        self.lines: list[str] = []
        env = {"PATH": os.environ["PATH"], "LOCAL_DATA": str(data), "LOCAL_DELIVERY_INSTANCES": "1"}
        env |= {setting: str(port) for setting, port in self.ports.items()}
        argv = [sys.executable, "-m", "deploy.local"]
        super().__init__("launcher", argv, env=env, cwd=ROOT, on_line=self.lines.append)

    async def until_printed(self, text: str) -> None:
        """Wait until it has printed a line with this text."""

        async def printed() -> bool:
            return any(text in line for line in self.lines)

        await self.until_ready(printed, _READY_SECONDS)

    async def listening(self) -> list[str]:
        """The settings on whose ports something listens."""
        return [setting for setting, port in self.ports.items() if await listening(port)]

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
