"""The delivery instances of the running stack, which can be started and stopped one by one."""

import time
from collections.abc import AsyncGenerator

from deploy.local.haproxy import Haproxy
from deploy.local.instance import Instance
from deploy.local.part_logs import PartLogs
from deploy.local.ports import is_free
from deploy.local.process import PartFailedError
from deploy.local.report import ready_line
from deploy.local.settings import MAX_INSTANCES, LocalSettings
from deploy.local.supervisor import Supervisor

#: Longer than DELIVERY_DRAIN_SECONDS plus the time for the last writes and commits.
_DRAIN_SECONDS = 15.0


class RefusedError(Exception):
    """The stack could not do what was requested. The message says why."""


class Instances:
    """Owns the instances delivery-1, delivery-2 and so on, each on its own port.

    The last one to join is the first to leave. HAProxy sends new connections to an instance
    from the moment it is ready until just before it is stopped. While the instance stops, HAProxy
    still sends it the requests of its polling clients, so that it can end their sessions.
    """

    def __init__(
        self, settings: LocalSettings, logs: PartLogs, supervisor: Supervisor, haproxy: Haproxy
    ) -> None:
        self._settings = settings
        self._logs = logs
        self._supervisor = supervisor
        self._haproxy = haproxy
        # Includes the stopped instances, because their logs stay open.
        self._programs: list[Instance] = []
        self._count = 0

    async def join(self) -> str:
        """Start another instance. Return its name once it is ready. Raises `PartFailedError`."""
        program = self._program(self._count)
        try:
            await self._supervisor.start(program)
        except PartFailedError:
            # The program is not counted yet, so nothing else would stop it. The next attempt
            # needs its port.
            await self._supervisor.stop(program, _DRAIN_SECONDS)
            raise
        self._count += 1
        return program.name

    async def leave(self) -> str:
        """Drain and stop the last instance. Return a text that says how it ended.

        Raises `PartFailedError` if HAProxy does not answer.
        """
        program = self._programs[self._count - 1]
        # Do this first. Otherwise, clients that the instance disconnects could reconnect to it.
        await self._haproxy.drain(program.name)
        self._count -= 1
        await self._supervisor.stop(program, _DRAIN_SECONDS)
        await self._haproxy.remove(program.name)
        return f"{program.name} {await program.ending()}"

    async def scale(self, count: int) -> AsyncGenerator[str]:
        """Start or stop instances until there are `count`, and yield a line for each.

        Raises `RefusedError` if an instance cannot start, or if HAProxy does not answer. The other
        instances keep running.
        """
        if not 1 <= count <= MAX_INSTANCES:
            raise RefusedError(f"{count} instances: expected 1 to {MAX_INSTANCES}")
        started_at = time.monotonic()
        while self._count < count:
            self._refuse_taken_port()
            try:
                name = await self.join()
            except PartFailedError as error:
                raise RefusedError(str(error)) from error
            yield ready_line(name, time.monotonic() - started_at)
        while self._count > count:
            try:
                step = await self.leave()
            except PartFailedError as error:
                raise RefusedError(str(error)) from error
            yield step
        yield f"delivery instances: {' '.join(self._urls())}"

    async def report(self) -> AsyncGenerator[str]:
        """Yield the name, address and process id of each instance, or `down` instead of the id."""
        for program in self._programs[: self._count]:
            yield f"{program.name} {program.url} {program.pid if program.running else 'down'}"

    async def kill(self, name: str) -> AsyncGenerator[str]:
        """Kill an instance, as a crash would. The supervisor starts it again.

        Raises `RefusedError` if no such instance runs.
        """
        running = {part.name: part for part in self._programs[: self._count] if part.running}
        if name not in running:
            raise RefusedError(f"{name} is none of the running ones: {' '.join(running) or 'none'}")
        await running[name].kill()
        yield f"{name} was killed"

    def _refuse_taken_port(self) -> None:
        port = self._settings.delivery_port + self._count
        if not is_free(port):
            raise RefusedError(f"port {port} (of delivery-{self._count + 1}) is in use; free it")

    def _program(self, index: int) -> Instance:
        if index == len(self._programs):
            name, port = f"delivery-{index + 1}", self._settings.delivery_port + index
            self._programs.append(Instance(name, port, self._haproxy, self._logs.sink(name)))
        return self._programs[index]

    def _urls(self) -> list[str]:
        return [program.url for program in self._programs[: self._count]]
