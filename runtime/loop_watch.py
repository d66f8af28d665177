"""Measures the lag of the event loop, which delays heartbeats, acks and time-outs."""

import asyncio
from typing import Protocol

_INTERVAL_SECONDS = 0.25


class Observer(Protocol):
    """A histogram, such as Prometheus's."""

    def observe(self, amount: float) -> None:
        """Record one measurement, in seconds."""


class LoopWatch:
    """Measures the lag of the event loop four times a second."""

    def __init__(self, lag: Observer) -> None:
        self._lag = lag

    async def run(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _INTERVAL_SECONDS
            await asyncio.sleep(_INTERVAL_SECONDS)
            self._lag.observe(max(0.0, loop.time() - due))
