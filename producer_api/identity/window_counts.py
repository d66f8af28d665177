"""The request counts of the current windows, in memory: a storage for the library `limits`."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from limits.aio.storage import Storage


@dataclass(slots=True)
class _Window:
    ends: float
    count: int


class WindowCounts(Storage):
    """The storage of one limit.

    All windows have the same length, so they end in the order in which they started. Each call
    drops the ended windows from the front, so only current windows take memory. The library's own
    memory storage would search all keys at each call. No method awaits anything, so each call is
    atomic.
    """

    STORAGE_SCHEME = None

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        unix_time: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._unix_time = unix_time
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to the count of the key's window, and return the sum. Start a window if needed."""
        now = self._drop_ended()
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window(now + expiry, 0)
        window.count += amount
        return window.count

    async def get(self, key: str) -> int:
        """Return the count of the key's current window."""
        self._drop_ended()
        window = self._windows.get(key)
        return window.count if window else 0

    async def get_expiry(self, key: str) -> float:
        """Return the Unix time at which the key's current window ends; now, if it has none.

        The windows themselves follow the monotonic clock, so setting the system clock back does not
        make a window longer.
        """
        now = self._drop_ended()
        window = self._windows.get(key)
        return self._unix_time() + (window.ends - now if window else 0.0)

    async def check(self) -> bool:
        """Return whether the storage is available, which is always true."""
        return True

    async def reset(self) -> int:
        """Forget all windows, and return how many there were."""
        count = len(self._windows)
        self._windows.clear()
        return count

    async def clear(self, key: str) -> None:
        """Forget the key's window."""
        self._windows.pop(key, None)

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """The exceptions of a failing storage. This one never fails."""
        return ()

    def _drop_ended(self) -> float:
        now = self._monotonic()
        while self._windows:
            key, window = next(iter(self._windows.items()))
            if window.ends > now:
                break
            del self._windows[key]
        return now
