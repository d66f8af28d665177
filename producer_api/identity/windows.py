"""Counts of the current windows, in this process's memory, for the strategies of `limits`."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from limits.aio.storage import Storage


@dataclass(slots=True)
class _Window:
    ends: float
    count: int


class Windows(Storage):
    """A storage of one limit: all its windows are equally long, so they end as they began.

    That is why it stands in for the library's own, which looks at every key again whenever one is
    counted. Here whatever has ended is dropped from the front, so what is held is who asked within
    the last window. Without an `await` inside, each call is atomic.
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
        """Count so many more; answers the count of the window, which may begin now."""
        now = self._drop_ended()
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window(now + expiry, 0)
        window.count += amount
        return window.count

    async def get(self, key: str) -> int:
        """The count of the current window."""
        self._drop_ended()
        window = self._windows.get(key)
        return window.count if window else 0

    async def get_expiry(self, key: str) -> float:
        """When the current window ends, in Unix seconds; now, where there is none. The windows
        themselves go by a clock that nobody sets: none lasts for longer because of it.
        """
        now = self._drop_ended()
        window = self._windows.get(key)
        return self._unix_time() + (window.ends - now if window else 0.0)

    async def check(self) -> bool:
        """Whether it can be used: always."""
        return True

    async def reset(self) -> int:
        """Forget all; answers how many there were."""
        count = len(self._windows)
        self._windows.clear()
        return count

    async def clear(self, key: str) -> None:
        """Forget one."""
        self._windows.pop(key, None)

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """What it raises when it fails: nothing."""
        return ()

    def _drop_ended(self) -> float:
        now = self._monotonic()
        while self._windows:
            key, window = next(iter(self._windows.items()))
            if window.ends > now:
                break
            del self._windows[key]
        return now
