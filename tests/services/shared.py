"""One Kafka and one MongoDB for all workers of a run, for the tests that leave both running.

Each pair costs CPU time at its start and while it is idle. Different workers use different topics,
groups and databases.
"""

import asyncio
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from deploy.local.kafka import answers
from deploy.local.mongo import is_primary
from deploy.local.ports import free_ports
from tests.services.local import Place, parts_at, services_at
from tests.services.parts import Services
from tests.services.waiting import eventually

_POLL_SECONDS = 0.2
_WANTED = "wanted"


class SharedParts:
    """Owns the pair, in the controller of pytest-xdist. Starts it when a worker first needs it.

    A thread runs the pair, because the controller has no event loop.
    """

    def __init__(self) -> None:
        folder = tempfile.mkdtemp(prefix="parts-")
        ports = free_ports(20_000 + (os.getpid() * 50 + 1_500) % 12_000)
        self.place = Place(folder, next(ports), next(ports), next(ports))
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="parts")
        self._thread.start()

    def stop(self) -> None:
        """Stop the pair, and delete its data."""
        self._stopped.set()
        self._thread.join()
        shutil.rmtree(self.place.folder)

    async def _run(self) -> None:
        await self._until(Path(self.place.folder, _WANTED).exists)
        if not self._stopped.is_set():
            async with services_at(self.place):
                await self._until(self._stopped.is_set)

    async def _until(self, happened: Callable[[], bool]) -> None:
        # The workers and another thread cause these conditions, so there is no event to await.
        while not happened() and not self._stopped.is_set():  # noqa: ASYNC110
            await asyncio.sleep(_POLL_SECONDS)


async def shared_services(place: Place) -> Services:
    """Ask the controller for its pair, and wait until it is ready. No worker can stop its parts."""
    Path(place.folder, _WANTED).touch()  # noqa: ASYNC240 - a local file
    await eventually(lambda: is_primary(place.mongo))
    await eventually(lambda: answers(place.kafka))
    return parts_at(place)
