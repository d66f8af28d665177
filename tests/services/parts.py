"""Kafka and MongoDB as parts that tests stop and start, as local processes or containers."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Protocol


class Stoppable(Protocol):
    """What a test can stop and start again."""

    async def start(self) -> None:
        """Start it at the same address with the same data, and wait until it is ready."""

    async def stop(self) -> None:
        """Stop it gracefully."""


class Part(Stoppable, Protocol):
    """A running Kafka or MongoDB."""

    async def kill(self) -> None:
        """Kill the part, as a crash would."""

    def suspend(self) -> None:
        """Suspend the part until `resume`. Its connections stay open, but it does not answer."""

    def resume(self) -> None:
        """Resume the suspended part."""


@dataclass(frozen=True, slots=True)
class Services:
    """The real parts of a test. A test that stops a part starts it again before the test ends."""

    kafka: Part
    mongo: Part
    kafka_bootstrap: str
    mongo_url: str


@contextmanager
def suspended(part: Part) -> Iterator[None]:
    """Suspend the part until the context ends."""
    part.suspend()
    try:
        yield
    finally:
        part.resume()


@asynccontextmanager
async def away(part: Stoppable) -> AsyncIterator[None]:
    """Stop the part, and start it again when the context ends, even after a failure."""
    await part.stop()
    try:
        yield
    finally:
        await part.start()
