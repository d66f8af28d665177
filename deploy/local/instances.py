"""The delivery instances of the running stack: how many there are, and how that changes."""

import os
import time
from collections.abc import AsyncGenerator

from deploy.local.addresses import write_addresses
from deploy.local.environment import delivery_environment
from deploy.local.part_logs import PartLogs
from deploy.local.ports import HOST, is_free
from deploy.local.process import PartFailedError
from deploy.local.program import Program
from deploy.local.report import ready_line
from deploy.local.settings import MAX_INSTANCES, LocalSettings
from deploy.local.supervisor import Supervisor

_DRAIN_SECONDS = 15.0  # above DELIVERY_DRAIN_SECONDS, and what delivery writes and says at its end


class ScaleError(Exception):
    """The number of instances did not become what was asked for; the message says why."""


class Instances:
    """Owns delivery-1, -2 and so on, each on its own port; the last to join is the first to leave.

    The proxy knows an instance from when it is ready until just before it is asked to stop.
    """

    def __init__(self, settings: LocalSettings, logs: PartLogs, supervisor: Supervisor) -> None:
        self._settings = settings
        self._logs = logs
        self._supervisor = supervisor
        self._programs: list[Program] = []  # all there ever were: each keeps its log over restarts
        self._count = 0
        self._publish()

    async def join(self) -> str:
        """Start one more, and return its name once it is ready. Raises `PartFailedError`."""
        program = self._program(self._count)
        try:
            await self._supervisor.start(program)
        except PartFailedError:
            await self._supervisor.stop(program, _DRAIN_SECONDS)
            raise
        self._count += 1
        self._publish()
        return program.name

    async def leave(self) -> str:
        """Take the last one off, in good order; returns how that ended, in words."""
        self._count -= 1
        self._publish()
        program = self._programs[self._count]
        await self._supervisor.stop(program, _DRAIN_SECONDS)
        return f"{program.name} {await program.ending()}"

    async def scale(self, count: int) -> AsyncGenerator[str]:
        """Start or stop instances until there are so many, and tell of each.

        Raises `ScaleError` where that cannot be; those that joined or left before stay so.
        """
        if not 1 <= count <= MAX_INSTANCES:
            raise ScaleError(f"between 1 and {MAX_INSTANCES} instances are possible, not {count}")
        began = time.monotonic()
        while self._count < count:
            self._refuse_taken_port()
            try:
                name = await self.join()
            except PartFailedError as error:
                raise ScaleError(str(error)) from error
            yield ready_line(name, time.monotonic() - began)
        while self._count > count:
            yield await self.leave()
        yield f"delivery instances: {' '.join(self._urls())}"

    def _refuse_taken_port(self) -> None:
        port = self._settings.delivery_port + self._count
        if not is_free(port):
            raise ScaleError(f"port {port} (of delivery-{self._count + 1}) is in use; free it")

    def _program(self, index: int) -> Program:
        if index == len(self._programs):
            name = f"delivery-{index + 1}"
            port = self._settings.delivery_port + index
            environment = {**os.environ, **delivery_environment(port)}
            url = f"http://{HOST}:{port}"
            self._programs.append(
                Program(name, "delivery", url, environment, self._logs.sink(name))
            )
        return self._programs[index]

    def _urls(self) -> list[str]:
        return [program.url for program in self._programs[: self._count]]

    def _publish(self) -> None:
        write_addresses(self._settings.local_data, self._urls())
