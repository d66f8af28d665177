"""The Prometheus metrics of the producer API."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from runtime.workers.metric_sums import Rules

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Owns the metrics of one program. Two programs in one process do not share metrics."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.creates = Counter(
            "producer_creates",
            "Notifications that callers asked to create, by outcome.",
            ["outcome"],
            registry=self.registry,
        )
        self.create_seconds = Histogram(
            "producer_create_seconds",
            "Time from the arrival of a create request to its outcome.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.batch_size = Histogram(
            "producer_batch_notifications",
            "Notifications written together in one transaction.",
            buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000),
            registry=self.registry,
        )
        self.publish_seconds = Histogram(
            "producer_publish_seconds",
            "Time until Kafka confirmed one batch of records.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.records_published = Counter(
            "producer_records_published",
            "Records that Kafka confirmed, by sender (intake, changes or relay).",
            ["sender"],
            registry=self.registry,
        )
        self.loop_lag = Histogram(
            "producer_event_loop_lag_seconds",
            "Event loop lag: how late a timer fired.",
            buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5),
            registry=self.registry,
        )
        self.oldest_unpublished_seconds = Gauge(
            "producer_oldest_unpublished_seconds",
            "Age of the oldest intent in the outbox, across all processes; 0 if there is none.",
            registry=self.registry,
        )
        self.topic_mismatch = Gauge(
            "producer_topic_mismatch",
            "1 while the topic is missing, or its number of partitions has changed.",
            registry=self.registry,
        )
        self.publishing = Gauge(
            "producer_publishing",
            "1 while this process can publish records; 0 while Kafka does not confirm them.",
            registry=self.registry,
        )
        self.unreadable_intents = Gauge(
            "producer_unreadable_intents",
            "Intents in the outbox that are malformed and were set aside, across all processes.",
            registry=self.registry,
        )
        self.unreadable_notifications = Counter(
            "producer_unreadable_notifications",
            "Malformed stored notifications that the relay could not publish.",
            registry=self.registry,
        )
        self.clock_difference_seconds = Gauge(
            "producer_clock_difference_seconds",
            "How far MongoDB's clock is ahead of this host's. Large differences are corrected.",
            registry=self.registry,
        )


def _furthest_from_zero(values: Iterable[float]) -> float:
    return max(values, key=abs)


#: How to combine the gauges of several workers. Most gauges have the same value in all workers.
GAUGE_RULES: Rules = {
    "producer_oldest_unpublished_seconds": max,
    "producer_topic_mismatch": max,
    "producer_publishing": min,
    "producer_unreadable_intents": max,
    "producer_clock_difference_seconds": _furthest_from_zero,
}
#: What the parent of several workers measures itself: how many serve, and how many have ended.
WORKER_METRICS = "producer_workers", "producer_worker_ends"
