"""The metrics of the console. No label holds a user id."""

from prometheus_client import Counter, Gauge

READ = Counter("console_records_total", "Records read, by topic.", ["topic"])
UNREADABLE = Counter(
    "console_unreadable_records_total", "Records left out, because their bytes cannot be read."
)
KNOWN = Gauge("console_notifications", "Notifications in memory.")
KNOWN_BYTES = Gauge("console_notification_bytes", "About how much memory they take.")
LISTENERS = Gauge("console_listeners", "Pages that are open.")
LAGGARDS = Counter("console_laggards_total", "Listeners that were ended, because they lagged.")
