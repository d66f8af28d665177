"""The whole local stack, started as a user starts it, with its own ports and data."""

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
_MAX_INSTANCES = 3
_SETTINGS = (
    "LOCAL_MONGO_PORT",
    "LOCAL_KAFKA_PORT",
    "LOCAL_KAFKA_CONTROLLER_PORT",
    "PRODUCER_API_PORT",
    "DEMO_SHOP_PORT",
    "AWAY_PORT",
    "CONSOLE_PORT",
    "UI_PORT",
)


class Launcher(Process):
    """The launcher with its own ports and data; `lines` has its output."""

    def __init__(self, data: Path, ports: Iterator[int]) -> None:
        self.data = data
        self.delivery_ports = _adjacent(ports, _MAX_INSTANCES)
        self.ports = {
            **{setting: next(ports) for setting in _SETTINGS},
            "DELIVERY_PORT": self.delivery_ports[0],
        }
        self.host_page_ports = (next(ports), next(ports))
        """The ports for pages of other teams: static pages, and a Next.js site.

        The pages may call the stack.
        """
        self.lines: list[str] = []
        self._environment = {
            "PATH": os.environ["PATH"],
            "LOCAL_DATA": str(data),
            "CORS_ALLOWED_ORIGINS": ",".join(
                f"http://localhost:{port}" for port in self.host_page_ports
            ),
            **{setting: str(port) for setting, port in self.ports.items()},
            # With these settings, a test can act as the push service.
            "AWAY_AFTER_SECONDS": "1",
            "AWAY_ALLOWED_NETWORKS": "127.0.0.0/8",
            "PRODUCER_API_PUSH_ALLOW_LOOPBACK": "true",
        }
        super().__init__(
            "launcher",
            [sys.executable, "-m", "deploy.local"],
            env=self._environment,
            cwd=ROOT,
            on_line=self.lines.append,
        )

    def scaling(self, count: int) -> Process:
        """Return `make scale N=<count>` as if run in another terminal, not started yet."""
        return self.beside("deploy.local.scale", str(count))

    def beside(self, module: str, *arguments: str) -> Process:
        """Return a program for this stack as if run in another terminal, not started yet."""
        argv = [sys.executable, "-m", module, *arguments]
        return Process(module, argv, env=self._environment, cwd=ROOT)

    async def scale(self, count: int) -> tuple[int, list[str]]:
        """Scale to `count` instances; return the exit status and the printed lines."""
        scaling = self.scaling(count)
        await scaling.start()
        try:
            status = await asyncio.wait_for(scaling.wait(), _SCALE_SECONDS)
        finally:
            await scaling.kill()
        return status, list(scaling.recent)

    async def until_printed(self, text: str) -> None:
        """Wait until the launcher has printed a line with this text."""

        async def printed() -> bool:
            return any(text in line for line in self.lines)

        await self.until_ready(printed, _READY_SECONDS)

    async def listening(self) -> list[str]:
        """Return the ports on which a server listens, by their settings or by their numbers."""
        ports = self.ports | {str(port): port for port in self.delivery_ports[1:]}
        return [setting for setting, port in ports.items() if await listening(port)]

    @property
    def ui(self) -> str:
        """The URL of the UI."""
        return f"http://localhost:{self.ports['UI_PORT']}"

    def run_by(self, *argv: str) -> None:
        """Make `start` run this command, for example a script that runs `make run &`."""
        self._argv = list(argv)

    def terminal_signal(self, number: signal.Signals) -> None:
        """Send a signal to the process group, as a terminal does on Ctrl-C."""
        os.killpg(self.pid, number)

    def pid_of(self, words: str, parent: int | None = None) -> int:
        """Return the id of the child process whose command line has these words.

        `parent` is the id of the parent process. The default is the launcher.
        """
        wanted = self.pid if parent is None else parent
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                actual = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            if actual == wanted and words in command:
                return int(process.name)
        raise AssertionError(
            f"process {wanted} has no child process with {words!r} in its command line"
        )


def _adjacent(ports: Iterator[int], count: int) -> list[int]:
    """Return `count` consecutive free ports."""
    adjacent = [next(ports)]
    while len(adjacent) < count:
        port = next(ports)
        adjacent = [*adjacent, port] if port == adjacent[-1] + 1 else [port]
    return adjacent
