"""What the producer API measures, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Owns the registry of one program: two programs in one process share nothing."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.creates = Counter(
            "producer_creates",
            "Creates by what became of them.",
            ["outcome"],
            registry=self.registry,
        )
        self.create_seconds = Histogram(
            "producer_create_seconds",
            "From taking a create in to its answer.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.batch_size = Histogram(
            "producer_batch_notifications",
            "Notifications that were taken in together, in one transaction.",
            buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000),
            registry=self.registry,
        )
        self.publish_seconds = Histogram(
            "producer_publish_seconds",
            "What Kafka took to confirm one batch of records.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.records_published = Counter(
            "producer_records_published",
            "Records that Kafka confirmed, by who sent them (intake, changes or relay).",
            ["sender"],
            registry=self.registry,
        )
        self.loop_lag = Histogram(
            "producer_event_loop_lag_seconds",
            "How much later than asked for the event loop came back.",
            buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5),
            registry=self.registry,
        )
        self.oldest_unpublished_seconds = Gauge(
            "producer_oldest_unpublished_seconds",
            "Age of the oldest intent in the outbox, of all processes; 0 when there is none.",
            registry=self.registry,
        )
