"""The counts of the current windows of a rate limit that several workers share."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from runtime.workers.worker import Worker

#: A table has this many buckets of eight places. With 50,000 keys in a window, one bucket in 31,000
#: has more than eight keys, so about one key has no place.
_BUCKETS, _PLACES = 32_768, 8
#: A bucket has the digests of its keys, then the ends of their windows, then their counts.
_BUCKET_WORDS = 3 * _PLACES
_TABLE_WORDS = _BUCKETS * _BUCKET_WORDS
#: How many limits there are: see `RateLimits`.
_LIMITS = 3


def words_of(workers: int) -> int:
    """Return how many words of shared memory the limits of this many workers need.

    A table has 6 MiB. A page takes memory only once a worker has written or read it. With many
    callers, that is the case for all pages of all tables.
    """
    return _LIMITS * workers * _TABLE_WORDS


def counts_of(worker: Worker) -> "Callable[[int, float], SharedCounts]":
    """Return a function that makes the counts of a limit, from its position and window length."""

    def make(position: int, seconds: float) -> SharedCounts:
        start = position * worker.count * _TABLE_WORDS
        limit = worker.memory.program[start : start + worker.count * _TABLE_WORDS]
        tables = [
            limit[number * _TABLE_WORDS : (number + 1) * _TABLE_WORDS]
            for number in range(worker.count)
        ]
        own = tables.pop(worker.number - 1)
        return SharedCounts(own, tables, seconds)

    return make


@dataclass(slots=True)
class _Window:
    ends_ns: int
    count: int
    bucket: int
    digest: int
    place: int | None
    """Where the window is in this worker's table; None if its bucket has no room."""


class SharedCounts:
    """Owns one worker's counts of one limit, by key, and reads those of the others.

    Each worker writes only its own table, so none needs a lock. A worker first adds to its own
    count, and then adds up the counts of all. So a worker misses at most the one request that each
    other worker is counting at that instant. Together, N workers allow at most N - 1 requests too
    many in a window.

    The worker that first counts a key starts the window, and the others use the same end of the
    window. A worker that is started again continues with the counts of its predecessor, which are
    still in its table. All workers read the same clock, because they are on one host.

    If the bucket of a key is full, each worker counts the key on its own.
    """

    def __init__(
        self,
        own: "memoryview[int]",
        others: "list[memoryview[int]]",
        seconds: float,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._own = own
        self._others = others
        self._window_ns = int(seconds * 1e9)
        self._monotonic_ns = monotonic_ns
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    def add(self, key: str, amount: int) -> tuple[int, float]:
        """Add to the count of the key's window. Return the sum, and the seconds to its end."""
        now = self._monotonic_ns()
        self._drop_ended(now)
        window = self._windows.get(key)
        if window is None or window.ends_ns <= now:
            window = self._windows[key] = self._begun(key, now)
        window.count += amount
        if window.place is not None:
            self._own[_count_at(window.bucket, window.place)] = window.count
        total, _ = self._of_others(window.bucket, window.digest, now)
        return window.count + total, (window.ends_ns - now) / 1e9

    def _drop_ended(self, now: int) -> None:
        # A window that another worker started may end before windows that are ahead of it here. It
        # is then dropped a little late.
        while self._windows:
            first, window = next(iter(self._windows.items()))
            if window.ends_ns > now:
                return
            del self._windows[first]

    def _begun(self, key: str, now: int) -> _Window:
        """Begin the key's window, or join the one that another worker or a predecessor began."""
        self._windows.pop(key, None)  # the new one goes to the end
        hashed = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        digest = int.from_bytes(hashed) | 1  # 0 means that a place is empty
        bucket = (digest >> 1) % _BUCKETS * _BUCKET_WORDS
        _, ends_ns = self._of_others(bucket, digest, now)
        left = _place_of(self._own, bucket, digest, now)
        if left is not None:
            count = self._own[_count_at(bucket, left)]
            return _Window(self._own[_end_at(bucket, left)], count, bucket, digest, left)
        ends_ns = ends_ns or now + self._window_ns
        place = self._free_place(bucket, now)
        if place is not None:
            # Write the digest last: a worker that reads it must not read an old count with it.
            self._own[bucket + place] = 0
            self._own[_end_at(bucket, place)] = ends_ns
            self._own[_count_at(bucket, place)] = 0
            self._own[bucket + place] = digest
        return _Window(ends_ns, 0, bucket, digest, place)

    def _of_others(self, bucket: int, digest: int, now: int) -> tuple[int, int]:
        """Return the sum of the others' counts, and the end of their window, or 0."""
        total = ends_ns = 0
        for table in self._others:
            place = _place_of(table, bucket, digest, now)
            if place is not None:
                total += table[_count_at(bucket, place)]
                ends_ns = max(ends_ns, table[_end_at(bucket, place)])
        return total, ends_ns

    def _free_place(self, bucket: int, now: int) -> int | None:
        for place in range(_PLACES):
            if not self._own[bucket + place] or self._own[_end_at(bucket, place)] <= now:
                return place
        return None


def _place_of(table: "memoryview[int]", bucket: int, digest: int, now: int) -> int | None:
    """Return where the key's current window is in its bucket, or None."""
    digests = table[bucket : bucket + _PLACES].tolist()
    if digest not in digests:
        return None
    place = digests.index(digest)
    return place if table[_end_at(bucket, place)] > now else None


def _end_at(bucket: int, place: int) -> int:
    return bucket + _PLACES + place


def _count_at(bucket: int, place: int) -> int:
    return bucket + 2 * _PLACES + place
