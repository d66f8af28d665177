"""The clock of the program: this host's, corrected if MongoDB's clock shows that it is wrong."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from pymongo.errors import PyMongoError

from producer_api.metrics import Metrics
from producer_api.mongodb.connection import Client

_log = logging.getLogger(__name__)

_INTERVAL_SECONDS = 30.0
_TRIES = 3
#: Synchronized clocks differ by less than this. The measurement is not exact enough to correct
#: smaller differences: a correction could even make them larger.
_LARGEST_NS = 250_000_000


class MongoClock:
    """Owns the difference between this host's clock and MongoDB's.

    The order of ids from different processes matters to lists, to marks "up to" an id, and to
    clients. A process whose clock is wrong by seconds would place its notifications among older or
    newer ones.
    """

    def __init__(
        self, client: Client, metrics: Metrics, local_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self._client = client
        self._metrics = metrics
        self._local_ns = local_ns
        self._difference_ns = 0

    def now_ns(self) -> int:
        """Return the time in Unix nanoseconds."""
        return self._local_ns() + self._difference_ns

    def now(self) -> datetime:
        """Return the time."""
        return datetime.fromtimestamp(self.now_ns() / 1e9, UTC)

    async def prepare(self) -> None:
        """Measure the difference. Raises `pymongo.errors.PyMongoError`."""
        took_ns, difference_ns = min([await self._measure() for _ in range(_TRIES)])
        self._metrics.clock_difference_seconds.set(difference_ns / 1e9)
        # MongoDB read its clock at an unknown time between the request and the answer. So a slow
        # measurement says little, and does not disprove the correction that a fast one has found.
        inexact_ns = took_ns // 2 + _LARGEST_NS
        if abs(difference_ns - self._difference_ns) > inexact_ns:
            self._difference_ns = difference_ns if abs(difference_ns) > inexact_ns else 0
        if self._difference_ns:
            seconds = round(self._difference_ns / 1e9, 3)
            _log.warning("clock corrected", extra={"seconds": seconds})

    async def run(self) -> None:
        """Measure again at each interval, until cancelled. Survives an outage of MongoDB."""
        while True:
            await asyncio.sleep(_INTERVAL_SECONDS)
            try:
                await self.prepare()
            except PyMongoError as error:
                _log.warning("clock not compared", extra={"cause": str(error)})

    async def _measure(self) -> tuple[int, int]:
        """Return how long MongoDB took to answer, and how far its clock is ahead of this host's."""
        before, began = self._local_ns(), time.monotonic_ns()
        answered: datetime = (await self._client.admin.command("hello"))["localTime"]
        took = time.monotonic_ns() - began
        return took, int(answered.timestamp() * 1000) * 1_000_000 - (before + took // 2)
