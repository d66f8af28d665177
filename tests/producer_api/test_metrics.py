"""The metrics of several workers can be combined into those of one program."""

from producer_api.metrics import GAUGE_RULES, WORKER_METRICS, Metrics


def test_each_gauge_has_a_rule_for_several_workers() -> None:
    metrics = list(Metrics().registry.collect())
    assert {metric.name for metric in metrics if metric.type == "gauge"} == set(GAUGE_RULES)
    assert not {metric.name for metric in metrics} & set(WORKER_METRICS)


def test_the_worst_clock_counts() -> None:
    assert GAUGE_RULES["producer_clock_difference_seconds"]([0.1, -3.0, 2.0]) == -3
