"""One of our Python programs as a process, which is ready when its `/readyz` answers 200."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from deploy.local.paths import ROOT
from deploy.local.process import Process

_READY_SECONDS = 45.0
_ANSWER_SECONDS = 2.0


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
        await self.until_ready(lambda: is_ready(self.url), _READY_SECONDS)

    async def start_unready(self) -> None:
        """Start the program without waiting. Its dependencies may still be down."""
        await super().start()


async def is_ready(url: str) -> bool:
    """Return whether the program at this address answers that it is ready."""
    # This probe runs about twenty times while a program starts. Without an HTTP client, it takes a
    # tenth of the CPU time.
    host = urlsplit(url)
    request = f"GET /readyz HTTP/1.1\r\nHost: {host.netloc}\r\nConnection: close\r\n\r\n"
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(host.hostname, host.port)
            try:
                writer.write(request.encode())
                version_and_status = (await reader.readline()).split()[:2]
            finally:
                writer.close()
                await writer.wait_closed()
    except (OSError, TimeoutError):
        return False
    return version_and_status == [b"HTTP/1.1", b"200"]
