"""The metrics of several processes as those of one.

When a counter goes down, Prometheus assumes that it restarted from 0, and adds its whole new value
to the rates. So the counts of a worker that has ended must stay in the sums.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from prometheus_client import generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

#: For each gauge, by its name: how to combine the values of several processes into one.
Rules = Mapping[str, Callable[[Iterable[float]], float]]
#: A sample's name and its labels.
_Key = tuple[str, tuple[tuple[str, str], ...]]
_GAUGE = "gauge"
#: The suffix of samples with the time at which a counter began. Of several, the earliest counts.
_CREATED = "_created"


class Family(NamedTuple):
    """A metric with all its samples, as it travels between processes."""

    name: str
    about: str
    kind: str
    samples: Mapping[_Key, float]


Families = Mapping[str, Family]


def snapshot(registry: Collector) -> list[Any]:
    """Return the metrics of this process in a form that msgpack can encode."""
    return [
        [
            metric.name,
            metric.documentation,
            metric.type,
            [[sample.name, list(sample.labels.items()), sample.value] for sample in metric.samples],
        ]
        for metric in registry.collect()
    ]


def families(encoded: Iterable[Any]) -> Families:
    """Return what `snapshot` returned in another process."""
    return {
        name: Family(
            name,
            about,
            kind,
            {(of, tuple((k, v) for k, v in labels)): value for of, labels, value in samples},
        )
        for name, about, kind, samples in encoded
    }


def without_gauges(of_ended: Families) -> Families:
    """Return the metrics of a process that has ended, without its gauges."""
    return {name: family for name, family in of_ended.items() if family.kind != _GAUGE}


def total(parts: Iterable[Families], rules: Rules) -> Families:
    """Return one metric for each name: counters and histograms added up, gauges by their rule.

    Raises `KeyError` for a gauge without a rule.
    """
    sums: dict[str, Family] = {}
    values: dict[str, dict[_Key, list[float]]] = {}
    for part in parts:
        for name, family in part.items():
            sums.setdefault(name, family)
            of_family = values.setdefault(name, {})
            for key, value in family.samples.items():
                of_family.setdefault(key, []).append(value)
    return {
        name: family._replace(
            samples={key: _rule(family, key, rules)(each) for key, each in values[name].items()}
        )
        for name, family in sums.items()
    }


def _rule(family: Family, key: _Key, rules: Rules) -> Callable[[Iterable[float]], float]:
    if family.kind == _GAUGE:
        return rules[family.name]
    return min if key[0].endswith(_CREATED) else sum


def encoded(metrics: Families) -> list[Any]:
    """Return the metrics in the form of `snapshot`."""
    return [
        [name, about, kind, [[of, list(labels), value] for (of, labels), value in samples.items()]]
        for name, about, kind, samples in metrics.values()
    ]


def exposition(metrics: Families) -> bytes:
    """Return the text that Prometheus reads."""
    return generate_latest(_Collected(metrics))


class _Collected(Collector):
    def __init__(self, metrics: Families) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        for family in self._metrics.values():
            metric = Metric(family.name, family.about, family.kind)
            for (name, labels), value in family.samples.items():
                metric.add_sample(name, dict(labels), value)
            yield metric
