"""The metrics of several processes are combined, and a sum of counters never decreases."""

import msgspec
import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from runtime.workers.metric_sums import (
    Families,
    encoded,
    exposition,
    families,
    snapshot,
    total,
    without_gauges,
)

_RULES = {"free": min, "age": max}


def _process(creates: int, seconds: float, age: float, free: float) -> CollectorRegistry:
    registry = CollectorRegistry()
    counter = Counter("creates", "Creates.", ["outcome"], registry=registry)
    counter.labels("created").inc(creates)
    counter.labels('odd "label"\n').inc(1)
    Histogram("wait", "Waiting.", buckets=(1, 5), registry=registry).observe(seconds)
    Gauge("age", "Age.", registry=registry).set(age)
    Gauge("free", "Free.", registry=registry).set_function(lambda: free)
    return registry


def _travelled(registry: CollectorRegistry) -> Families:
    return families(msgspec.msgpack.decode(msgspec.msgpack.encode(snapshot(registry))))


def _values(text: str) -> dict[str, float]:
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_one_process_has_the_text_that_it_would_have_alone() -> None:
    registry = _process(3, 0.5, 7, 1)
    text = exposition(total([_travelled(registry)], _RULES))
    assert text == generate_latest(registry)


def test_counters_and_histograms_add_up_and_gauges_follow_their_rule() -> None:
    parts = [_travelled(_process(3, 0.5, 7, 1)), _travelled(_process(4, 4, 2, 0))]
    values = _values(exposition(families(encoded(total(parts, _RULES)))).decode())
    assert values["creates_total[('outcome', 'created')]"] == 7
    assert values["wait_bucket[('le', '1.0')]"] == 1
    assert values["wait_bucket[('le', '+Inf')]"] == values["wait_count[]"] == 2
    assert values["wait_sum[]"] == 4.5
    assert (values["age[]"], values["free[]"]) == (7, 0)
    created = "creates_created[('outcome', 'created')]"
    began = [_values(exposition(part).decode())[created] for part in parts]
    assert values[created] == min(began)


def test_what_an_ended_process_counted_stays_and_its_gauges_go() -> None:
    ended = without_gauges(_travelled(_process(3, 0.5, 99, -1)))
    values = _values(exposition(total([ended, _travelled(_process(1, 2, 5, 1))], _RULES)).decode())
    assert values["creates_total[('outcome', 'created')]"] == 4
    assert values["wait_count[]"] == 2
    assert (values["age[]"], values["free[]"]) == (5, 1)


def test_a_gauge_without_a_rule_is_an_error() -> None:
    with pytest.raises(KeyError, match="free"):
        total([_travelled(_process(1, 1, 1, 1))], {"age": max})
