"""What a test may do with Kafka and MongoDB, whoever runs them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Protocol


class Part(Protocol):
    """A running Kafka or MongoDB; `start` returns once it is ready again."""

    async def start(self) -> None:
        """Start it again, on the same address, with the same data."""

    async def stop(self) -> None:
        """Stop it in good order."""

    async def kill(self) -> None:
        """End it at once, as a crash would."""

    def suspend(self) -> None:
        """Let it stand still until `resume`: its connections stay, and are not answered."""

    def resume(self) -> None:
        """Let it go on where it stood."""


@dataclass(frozen=True, slots=True)
class Services:
    """The real parts of one test run. Who stops one starts it again before the test ends."""

    kafka: Part
    mongo: Part
    kafka_bootstrap: str
    mongo_url: str


@contextmanager
def silent(part: Part) -> Iterator[None]:
    """The part stands still while this lasts."""
    part.suspend()
    try:
        yield
    finally:
        part.resume()


@asynccontextmanager
async def away(part: Part) -> AsyncIterator[None]:
    """Stop the part; it is there again at the end, whatever happens."""
    await part.stop()
    try:
        yield
    finally:
        await part.start()
