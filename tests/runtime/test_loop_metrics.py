"""A scrape gets the event loop's metrics in the same form as those of `prometheus_client`."""

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from runtime.loop_metrics import LabelledLoopCounter, LoopCounter, LoopHistogram

_BUCKETS = (0.001, 0.5, 1, 30)


def _scraped(registry: CollectorRegistry) -> list[str]:
    lines = generate_latest(registry).decode().splitlines()
    return [line for line in lines if "_created" not in line]


def test_histogram_equals_that_of_prometheus() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    histograms = (
        LoopHistogram("a_seconds", "About.", _BUCKETS, ours),
        Histogram("a_seconds", "About.", buckets=_BUCKETS, registry=theirs),
    )
    for amount in (0, 0.001, 0.0010001, 0.5, 0.7, 1, 30, 31, 1e9):
        for histogram in histograms:
            histogram.observe(amount)
    assert _scraped(ours) == _scraped(theirs)


def test_counters_equal_those_of_prometheus() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    LoopCounter("a_total", "About.", ours).inc()
    Counter("a_total", "About.", registry=theirs).inc()
    labelled = LabelledLoopCounter("b_total", "About.", "how", ["well", "badly"], ours)
    labelled.inc("badly", 3)
    labelled.inc("badly")
    expected = Counter("b_total", "About.", ["how"], registry=theirs)
    expected.labels("well")
    expected.labels("badly").inc(4)
    assert _scraped(ours) == _scraped(theirs)


def test_unknown_value_of_a_label_is_refused() -> None:
    counter = LabelledLoopCounter("b_total", "About.", "how", ["well"], CollectorRegistry())
    with pytest.raises(KeyError):
        counter.inc("otherwise")
