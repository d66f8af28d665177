"""One of our Python programs as a process, which is ready when its `/readyz` answers 200."""

import ssl
import sys
from collections.abc import Callable, Mapping

import httpx

from deploy.local.paths import ROOT
from deploy.local.process import Process

_READY_SECONDS = 45.0
#: The probe uses plain HTTP. Loading the system's certificates would take 35 ms of CPU time.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Program(Process):
    """`python -m <module>` in the repository, configured only by its environment."""

    def __init__(
        self,
        name: str,
        module: str,
        url: str,
        env: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> None:
        self.url = url
        super().__init__(name, [sys.executable, "-m", module], env=env, cwd=ROOT, on_line=on_line)

    async def start(self) -> None:
        """Start the program, and wait until it is ready. Raises `PartFailedError`."""
        await self.start_unready()
        async with httpx.AsyncClient(
            base_url=self.url, timeout=2.0, verify=_NO_CERTIFICATES
        ) as client:
            await self.until_ready(lambda: _is_ready(client), _READY_SECONDS)

    async def start_unready(self) -> None:
        """Start the program without waiting. Its dependencies may still be down."""
        await super().start()


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).is_success
    except httpx.HTTPError:
        return False
