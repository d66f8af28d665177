"""How late the event loop is: what heartbeats, acks and time-outs all share."""

import asyncio
from typing import Protocol

_INTERVAL_SECONDS = 0.25


class Observer(Protocol):
    """A histogram, as Prometheus has it."""

    def observe(self, amount: float) -> None:
        """Count one measurement, in seconds."""


class LoopWatch:
    """Measures four times a second."""

    def __init__(self, lag: Observer) -> None:
        self._lag = lag

    async def run(self) -> None:
        """Measure for ever."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _INTERVAL_SECONDS
            await asyncio.sleep(_INTERVAL_SECONDS)
            self._lag.observe(max(0.0, loop.time() - due))
