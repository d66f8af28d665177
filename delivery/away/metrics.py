"""The metrics of the away program. No label holds a user id or a URL."""

from prometheus_client import Counter, Gauge, Histogram

from delivery.away.core.entry import Way

NOTED = Counter("delivery_away_noted_total", "Entries written, by way.", ["way"])
IGNORED = Counter(
    "delivery_away_ignored_total", "Created records that made no entry, by cause.", ["cause"]
)
TOLD = Counter("delivery_away_told_total", "Notifications told, by way.", ["way"])
TOLD_LATE = Histogram(
    "delivery_away_late_seconds",
    "From the time at which a notification was due until it was told, quiet hours included.",
    buckets=(0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 43_200, 86_400),
)
DROPPED = Counter(
    "delivery_away_dropped_total", "Entries dropped untold, by way and reason.", ["way", "reason"]
)
FAILURES = Counter("delivery_away_failures_total", "Attempts that failed, by way.", ["way"])
DEAD_LETTERED = Counter(
    "delivery_away_dead_lettered_total", "Webhooks given up, which an operator may replay."
)
SUBSCRIPTIONS_DROPPED = Counter(
    "delivery_away_subscriptions_dropped_total",
    "Push subscriptions that have ended, by cause.",
    ["cause"],
)
LAG = Gauge(
    "delivery_away_oldest_due_seconds",
    "How long the oldest unclaimed entry has been due; 0 if no such entry is due.",
)
STOPPED = Gauge(
    "delivery_away_partition_stopped",
    "Whether the partition stands still, because its next batch cannot be read.",
    ["topic", "partition"],
)
ENTRIES = Gauge(
    "delivery_away_entries",
    "Entries that are not told yet, up to 100,000: due, or waiting, held back or under way.",
    ["state"],
)
DEAD_LETTERS = Gauge(
    "delivery_away_dead_letters", "Webhooks given up that nobody has replayed, up to 100,000."
)
LOOP_LAG = Histogram(
    "delivery_away_event_loop_lag_seconds",
    "How much later than scheduled the event loop ran a timer.",
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5),
)

# Create each series at the start, so that its rate begins at 0, and not at the first event.
for _way in Way:
    for _counter in (NOTED, TOLD, FAILURES):
        _counter.labels(_way)
for _cause in ("ended", "keys", "address"):
    SUBSCRIPTIONS_DROPPED.labels(_cause)
