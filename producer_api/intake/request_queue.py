"""The queue of requests that wait for the next batch."""

import asyncio
import time
from collections import deque

from producer_api.intake.outcomes import BusyError, CreateFailedError
from producer_api.intake.pending import PendingRequest

#: A batch takes no further request once it has this many notifications.
_FULL_BATCH = 500
_GATHER_SECONDS = 0.004
#: If the last batch had this many requests, many callers are active. Then the next batch waits
#: longer for requests: until none has arrived for `_QUIET_SECONDS`, but at most `_CROWD_SECONDS`.
_CROWD = 16
_QUIET_SECONDS, _CROWD_SECONDS = 0.002, 0.02
#: Full batches under way at the same time: one is published, one is written, and one waits to be.
_MOST_UNDER_WAY = 3


class RequestQueue:
    """Owns the waiting requests, and limits the number of their notifications.

    A request is never split, so the last one may make a batch larger than a full batch.

    While a batch is under way, the next one is taken only if it is full. A smaller batch would save
    some time, but would cost more for each notification. After a batch that was not published,
    batches do not overlap until one is published. Otherwise, intake would outrun the relay, and
    records would reach the log later and later.
    """

    def __init__(self, max_notifications: int) -> None:
        self._max_notifications = max_notifications
        self._waiting: deque[PendingRequest] = deque()
        self._count = 0
        self._last_batch = 0
        self._under_way = 0
        self._may_overlap = True
        self._changed = asyncio.Event()

    def add(self, request: PendingRequest) -> None:
        """Add a request. Raises `BusyError` if the queue is full."""
        if self._count >= self._max_notifications:
            raise BusyError("too many notifications are waiting to be created")
        self._waiting.append(request)
        self._count += len(request.items)
        self._changed.set()

    async def next_batch(self) -> list[PendingRequest]:
        """Wait for requests. Remove and return the oldest ones, up to a full batch.

        Leaves out requests whose callers have stopped waiting. Call `end_batch` once the batch is
        no longer under way.
        """
        while True:
            while not self._is_due():
                self._changed.clear()
                await self._changed.wait()
            await self._gather()
            if self._last_batch >= _CROWD:
                await self._gather_crowd()
            if requests := self._take():
                self._last_batch = len(requests)
                self._under_way += 1
                return requests

    def end_batch(self, *, may_overlap: bool) -> None:
        """Note that a batch is no longer under way, and whether the next ones may overlap."""
        self._under_way -= 1
        self._may_overlap = may_overlap
        self._changed.set()

    def fail_all(self, error: CreateFailedError) -> None:
        """Remove all requests, and fail them with this error."""
        while self._waiting:
            self._pop().fail(error)

    def _is_due(self) -> bool:
        if self._under_way == 0:
            return bool(self._waiting)
        is_full = self._count >= _FULL_BATCH
        return is_full and self._may_overlap and self._under_way < _MOST_UNDER_WAY

    def _take(self) -> list[PendingRequest]:
        requests: list[PendingRequest] = []
        count = 0
        while self._waiting and count < _FULL_BATCH:
            request = self._pop()
            if not request.answer.done():
                requests.append(request)
                count += len(request.items)
        return requests

    async def _gather(self) -> None:
        """Wait for more requests, if they are arriving right now.

        Yields to the event loop for up to 4 ms, as long as each iteration of the loop adds a
        request. A single request waits for one iteration.
        """
        deadline = time.monotonic() + _GATHER_SECONDS
        count = 0
        while count < self._count < _FULL_BATCH and time.monotonic() < deadline:
            count = self._count
            await asyncio.sleep(0)

    async def _gather_crowd(self) -> None:
        """Wait for more requests while they keep arriving.

        A batch costs every process the same, whatever its size, so larger batches are cheaper. When
        many callers are active, the event loop reads their requests meanwhile, so the wait wastes
        no time.
        """
        deadline = time.monotonic() + _CROWD_SECONDS
        count = 0
        while count < self._count < _FULL_BATCH and time.monotonic() < deadline:
            count = self._count
            await asyncio.sleep(_QUIET_SECONDS)

    def _pop(self) -> PendingRequest:
        request = self._waiting.popleft()
        self._count -= len(request.items)
        return request
