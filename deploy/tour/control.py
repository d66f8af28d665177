"""The tour's requests to the launcher: only the launcher kills, pauses and adds parts."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from deploy.local.ask import Request, ask


class Instance(NamedTuple):
    """A delivery instance of the stack."""

    name: str
    url: str
    process: str
    """The instance's process id, or `down`."""


class Control:
    """Requests to the launcher of the stack with this data folder.

    Every method may raise `NoStackError` or `FailedError`.
    """

    def __init__(self, data: Path) -> None:
        self._data = data

    async def instances(self) -> list[Instance]:
        """Return the instances, including those that are down at the moment."""
        return [Instance(*line.split()) for line in await ask(self._data, "list instances")]

    async def kill(self, name: str) -> None:
        """Kill an instance."""
        await ask(self._data, f"kill {name}")

    async def scale(self, count: int) -> None:
        """Set the number of instances, and wait until it is reached."""
        await ask(self._data, f"scale {count}")

    @asynccontextmanager
    async def without_kafka(self) -> AsyncIterator[None]:
        """Keep Kafka stopped until the context ends, and then wait until it is ready.

        If this process is killed meanwhile, the launcher starts Kafka again.
        """
        async with (
            Request.opened(self._data, "pause kafka") as request,
            aclosing(request.lines()) as lines,
        ):
            await anext(lines)
            yield
            request.release()
            async for _ in lines:
                pass
