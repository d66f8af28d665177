"""Prometheus metrics that only the event loop's thread may change.

The metrics of `prometheus_client` take a lock for each change, look labels up by their text, and
try one bucket after the other. For metrics that change with every notification, this adds up to a
tenth of delivery's CPU time. The metrics here keep plain numbers, and build what Prometheus reads
only when it scrapes them.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry
from prometheus_client.utils import floatToGoString


class LoopCounter(Collector):
    """Owns one count. Call it only in the event loop's thread."""

    def __init__(self, name: str, about: str, registry: CollectorRegistry = REGISTRY) -> None:
        self._name = name
        self._about = about
        self._count = 0
        registry.register(self)

    @property
    def count(self) -> int:
        """The count since the start of the process."""
        return self._count

    def inc(self, amount: int = 1) -> None:
        """Add to the count."""
        self._count += amount

    def collect(self) -> Iterable[Metric]:
        """Yield the count. Prometheus calls this at each scrape."""
        yield CounterMetricFamily(self._name, self._about, value=self._count)


class LabelledLoopCounter(Collector):
    """Owns one count for each value of a label. Call it only in the event loop's thread."""

    def __init__(
        self,
        name: str,
        about: str,
        label: str,
        values: Iterable[str],
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        """List all values of the label, so that each is exported as 0 before its first count."""
        self._name = name
        self._about = about
        self._label = label
        self._counts = dict.fromkeys(values, 0)
        registry.register(self)

    def count_of(self, value: str) -> int:
        """Return the count of this value of the label since the start of the process."""
        return self._counts[value]

    def inc(self, value: str, amount: int = 1) -> None:
        """Add to the count of this value of the label."""
        self._counts[value] += amount

    def collect(self) -> Iterable[Metric]:
        """Yield the counts. Prometheus calls this at each scrape."""
        counter = CounterMetricFamily(self._name, self._about, labels=[self._label])
        for value, count in self._counts.items():
            counter.add_metric([str(value)], count)
        yield counter


class LoopHistogram(Collector):
    """Owns the counts of a histogram's buckets. Call it only in the event loop's thread."""

    def __init__(
        self,
        name: str,
        about: str,
        buckets: Sequence[float],
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        """Take the upper bounds of the buckets in rising order, without the last, infinite one."""
        self._name = name
        self._about = about
        self._bounds = [float(bound) for bound in buckets]
        self._counts = [0] * (len(buckets) + 1)
        self._sum = 0.0
        registry.register(self)

    def observe(self, amount: float) -> None:
        """Record one measurement."""
        self._counts[bisect_left(self._bounds, amount)] += 1
        self._sum += amount

    def collect(self) -> Iterable[Metric]:
        """Yield the buckets. Prometheus calls this at each scrape."""
        names = [*map(floatToGoString, self._bounds), "+Inf"]
        counts = accumulate(self._counts)
        buckets = [(name, float(count)) for name, count in zip(names, counts, strict=True)]
        yield HistogramMetricFamily(self._name, self._about, buckets=buckets, sum_value=self._sum)
