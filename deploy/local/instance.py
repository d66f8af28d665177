"""One delivery instance as a part. HAProxy sends connections to it while it is ready."""

import os
from collections.abc import Callable
from contextlib import suppress

from deploy.local.environment import delivery_environment
from deploy.local.haproxy import Haproxy
from deploy.local.ports import HOST
from deploy.local.process import PartFailedError
from deploy.local.program import Program


class Instance(Program):
    """The delivery instance with this name, on its own port."""

    def __init__(
        self, name: str, port: int, haproxy: Haproxy, on_line: Callable[[str], None]
    ) -> None:
        self._port = port
        self._haproxy = haproxy
        environment = {**os.environ, **delivery_environment(port)}
        super().__init__(name, "delivery", f"http://{HOST}:{port}", environment, on_line)

    async def start(self) -> None:
        """Start the instance, and add it to HAProxy once it is ready. Raises `PartFailedError`."""
        await super().start()
        try:
            await self._haproxy.add(self.name, self._port)
        except PartFailedError:
            if self._haproxy.running:
                await self.withdraw()  # a HAProxy that starts again must not add this instance
                raise
            # HAProxy has ended. When it starts again, it adds this instance.

    async def withdraw(self) -> None:
        """Make HAProxy send nothing more to this instance, before its own checks fail."""
        with suppress(PartFailedError):  # HAProxy has ended, and will start without this instance
            await self._haproxy.remove(self.name)
