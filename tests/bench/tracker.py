"""`python -m tests.bench.tracker`: the time and memory that one partition's tracker costs."""

import gc
import json
import random
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable

from delivery.core import settled_map
from delivery.core.tracker import Tracker

_RUNS = 5
_PAIRS = 500_000
_IN_FLIGHT = 10_000
_FAR_BEHIND = 1_000_000
_EPOCH = 1
#: The bytes of a typical notification.
_SIZE = 407
_GAP = 1_000_000

Figures = dict[str, float]


def measure() -> Figures:
    """Return pairs of receive and settle per second, bytes per record in flight, and ms per map."""
    return {
        "pairs_per_second": _rate(_random_acks),
        "pairs_per_second_in_order": _rate(_acks_in_order),
        "pairs_per_second_head_blocked": _rate(_head_blocked),
        "pairs_per_second_gaps": _rate(_gaps),
        "bytes_per_record_in_flight": _bytes_per_record(),
        "map_ms": _map_ms(_filled(_IN_FLIGHT)),
        "map_head_blocked_ms": _map_ms(_blocked_far_behind()),
    }


def _rate(work: Callable[[int], float]) -> float:
    return statistics.median(_PAIRS / work(_PAIRS) for _ in range(_RUNS))


def _filled(count: int) -> Tracker:
    tracker = Tracker(0, _EPOCH)
    for offset in range(count):
        tracker.receive(offset, _SIZE)
    return tracker


def _random_acks(pairs: int) -> float:
    rng = random.Random(1)  # noqa: S311 - the same order in each run
    places = [rng.randrange(_IN_FLIGHT) for _ in range(pairs)]
    waiting = list(range(_IN_FLIGHT))
    tracker = _filled(_IN_FLIGHT)
    began = time.perf_counter()
    for offset, place in enumerate(places, _IN_FLIGHT):
        tracker.settle(waiting[place], _SIZE, _EPOCH)
        tracker.receive(offset, _SIZE)
        waiting[place] = offset
    return time.perf_counter() - began


def _acks_in_order(pairs: int) -> float:
    tracker = _filled(_IN_FLIGHT)
    began = time.perf_counter()
    for offset in range(_IN_FLIGHT, _IN_FLIGHT + pairs):
        tracker.settle(offset - _IN_FLIGHT, _SIZE, _EPOCH)
        tracker.receive(offset, _SIZE)
    return time.perf_counter() - began


def _head_blocked(pairs: int) -> float:
    tracker = _filled(1)
    began = time.perf_counter()
    for offset in range(1, pairs + 1):
        tracker.receive(offset, _SIZE)
        tracker.settle(offset, _SIZE, _EPOCH)
    return time.perf_counter() - began


def _gaps(pairs: int) -> float:
    tracker = _filled(1)
    began = time.perf_counter()
    for offset in range(_GAP, _GAP * (pairs + 1), _GAP):
        tracker.receive(offset, _SIZE)
        tracker.settle(offset, _SIZE, _EPOCH)
    return time.perf_counter() - began


def _bytes_per_record() -> float:
    """Return the bytes per record in flight, after many acks in random order.

    Includes the offset objects, although the records in flight hold them anyway.
    """
    rng = random.Random(1)  # noqa: S311 - the same order in each run
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    tracker = _filled(_IN_FLIGHT)
    waiting = list(range(_IN_FLIGHT))
    lists = sys.getsizeof(waiting)
    for offset in range(_IN_FLIGHT, 10 * _IN_FLIGHT):
        place = rng.randrange(_IN_FLIGHT)
        tracker.settle(waiting[place], _SIZE, _EPOCH)
        tracker.receive(offset, _SIZE)
        waiting[place] = offset
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before - lists) / tracker.in_flight


def _blocked_far_behind() -> Tracker:
    tracker = _filled(1)
    for offset in range(1, _FAR_BEHIND):
        tracker.receive(offset, _SIZE)
        tracker.settle(offset, _SIZE, _EPOCH)
    return tracker


def _map_ms(tracker: Tracker) -> float:
    """Return the milliseconds that one commit spends on its map.

    A random half of the records in flight is settled.
    """
    rng = random.Random(2)  # noqa: S311 - the same in each run
    for offset in range(1, tracker.next_to_receive):
        if rng.random() < 1 / 2:
            tracker.settle(offset, _SIZE, _EPOCH)
    seconds = []
    for _ in range(_RUNS):
        began = time.perf_counter()
        settled_map.encode(tracker.settled_beyond())
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds) * 1000


def main() -> None:
    """Measure, then print a line for people and a line of JSON for programs."""
    figures = measure()
    sys.stdout.write(
        "tracker: {pairs_per_second:,.0f} receive+settle pairs/s with 10,000 in flight in random "
        "order, {bytes_per_record_in_flight:.0f} bytes per record in flight; "
        "in order {pairs_per_second_in_order:,.0f}/s, "
        "head blocked {pairs_per_second_head_blocked:,.0f}/s, gaps {pairs_per_second_gaps:,.0f}/s; "
        "a commit's map {map_ms:.2f} ms, with 1,000,000 settled above the head "
        "{map_head_blocked_ms:.2f} ms\n".format(**figures)
    )
    sys.stdout.write(json.dumps({"tracker": figures}) + "\n")


if __name__ == "__main__":
    main()
