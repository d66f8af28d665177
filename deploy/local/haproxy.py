"""HAProxy, which serves the UI's address. `haproxy.cfg` defines how it handles requests."""

import asyncio
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from deploy.local.paths import UI_BUILD
from deploy.local.ports import HOST
from deploy.local.process import PartFailedError, Process

_CONFIG = Path(__file__).with_suffix(".cfg")
_READY_SECONDS = 20.0
_COMMAND_SECONDS = 5.0
#: Relative to the working directory, because a socket's path can have at most 107 characters.
_SOCKET = "haproxy.sock"


class _Server(NamedTuple):
    port: int
    state: str


class Haproxy(Process):
    """HAProxy in front of the UI's files and the delivery instances.

    Owns the set of these instances. HAProxy starts without them, so each start adds them again.
    `env` must contain the ports that the configuration refers to.
    """

    def __init__(self, env: Mapping[str, str], on_line: Callable[[str], None]) -> None:
        # Debian installs HAProxy in a folder that is not on every user's PATH.
        self._program = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")
        argv = [self._program or "haproxy", "-db", "-f", str(_CONFIG)]
        super().__init__("haproxy", argv, env=env, on_line=on_line)
        self._servers: dict[str, _Server] = {}

    async def start(self) -> None:
        """Start HAProxy, and wait until it accepts commands. Raises `PartFailedError`."""
        if self._program is None:
            raise PartFailedError("haproxy: not installed; `make setup` installs it")
        if not (UI_BUILD / "index.html").exists():
            raise PartFailedError(f"haproxy: no UI in {UI_BUILD}; `make setup` builds it")
        await super().start()
        await self.until_ready(self._accepts_commands, _READY_SECONDS)
        for instance, server in list(self._servers.items()):
            await self._set(instance, server)

    async def add(self, instance: str, port: int) -> None:
        """Send new connections to this instance, too: one of `delivery-1` to `delivery-16`."""
        self._servers[instance] = server = _Server(port, "ready")
        await self._set(instance, server)

    async def drain(self, instance: str) -> None:
        """Send no new clients to this instance. It keeps its connections and polling clients."""
        server = self._servers.get(instance)
        if server is not None:  # None if the instance has ended, which removes it
            drained = server._replace(state="drain")
            await self._set(instance, drained)
            # Only now: if HAProxy did not accept the command, the instance keeps its clients, also
            # after HAProxy starts again. The instance may have ended or started again meanwhile.
            if self._servers.get(instance) is server:
                self._servers[instance] = drained

    async def remove(self, instance: str) -> None:
        """Send nothing more to this instance, and do not check it. Open connections stay."""
        self._servers.pop(instance, None)
        await self._command(f"set server delivery/{instance} state maint")

    async def _set(self, instance: str, server: _Server) -> None:
        await self._command(f"set server delivery/{instance} addr {HOST} port {server.port}")
        await self._command(f"set server delivery/{instance} state {server.state}")

    async def _accepts_commands(self) -> bool:
        try:
            await self._command("show version")
        except PartFailedError:
            return False
        return True

    async def _command(self, line: str) -> None:
        try:
            async with asyncio.timeout(_COMMAND_SECONDS):
                reader, writer = await asyncio.open_unix_connection(_SOCKET)
                with closing(writer):
                    writer.write(f"{line}\n".encode())
                    await reader.read()
        except OSError as error:  # TimeoutError is an OSError too
            raise self.failure(f"did not accept the command {line!r}: {error!r}") from error
