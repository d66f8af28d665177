"""The metrics of the delivery service. No label holds a user id."""

from prometheus_client import Counter, Gauge, Histogram

from delivery.core.decision_types import SettleOutcome
from runtime.loop_metrics import LabelledLoopCounter, LoopCounter, LoopHistogram

SETTLED = LabelledLoopCounter(
    "delivery_records_settled_total",
    "Records settled, by outcome. A parked record's notification is still owed by the inbox.",
    "outcome",
    SettleOutcome,
)
PUSHES = LoopCounter("delivery_pushes_total", "Events pushed to connections, including repeats.")
PUSHED = LoopHistogram(
    "delivery_push_notifications",
    "Notifications in a pushed event.",
    buckets=(1, 2, 5, 10, 20, 50),
)
ACK_SECONDS = LoopHistogram(
    "delivery_push_ack_seconds",
    "From the first push of an event to its first acknowledgement.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
ACK_TIMEOUTS = Counter(
    "delivery_ack_timeouts_total", "Pushes that a connection did not acknowledge in time."
)
DISCONNECTS = Counter(
    "delivery_disconnects_total", "Connections that the server ended, by fault.", ["fault"]
)
CONNECTS_REFUSED = Counter(
    "delivery_connects_refused_total", "Connections refused because their user connects too often."
)
UNREADABLE = Counter(
    "delivery_unreadable_notifications_total",
    "Malformed notifications in the inbox that were skipped, counted at each read.",
)
UNKNOWN_ACKS = Counter("delivery_unknown_acks_total", "Acknowledgements that match no push.")
REPEATED_ACKS = Counter(
    "delivery_repeated_acks_total",
    "Acknowledged notifications that were delivered before, or erased. They get no receipt.",
)
EDGE_WRITES = Counter(
    "delivery_edge_acks_total",
    "Acknowledged notifications that the edge writes itself, as their owner may not know of them.",
)
HOPS = LoopCounter("delivery_hops_total", "Events pushed to sockets of other instances.")
LINKS = Gauge("delivery_peer_links", "Links to other owners that are up.")
PEERS_REMOVED = Counter(
    "delivery_peers_removed_total",
    "Removals of killed peers from the group. `unknown`: the peer was no longer a member.",
    ["result"],
)
for _result in ("removed", "unknown", "failed"):  # so that the first one is seen as an increase
    PEERS_REMOVED.labels(_result)
PEERS_DISPROVED = Counter(
    "delivery_peers_disproved_total", "Peers that were found gone, and then answered again."
)
SUBSCRIPTIONS = Gauge(
    "delivery_subscriptions", "Sockets, at any instance, that are subscribed to this one."
)
MALFORMED_PACKETS = Counter(
    "delivery_malformed_packets_total", "Packets from clients that cannot be parsed."
)
CONNECTIONS = Gauge("delivery_connections", "Sockets connected to this instance.")
POLLING_SESSIONS = Gauge(
    "delivery_polling_sessions", "Engine.IO sessions that use long polling instead of a WebSocket."
)
REBALANCES = Histogram(
    "delivery_rebalance_seconds",
    "From the end of an assignment until the next one is served, for each rebalance.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60),
)
GROUP_RECORD_BYTES = Gauge(
    "delivery_group_record_bytes",
    "About how large the record of all assignments is, at the group's leader; 0 elsewhere.",
)
LOOP_LAG = Histogram(
    "delivery_event_loop_lag_seconds",
    "How much later than scheduled the event loop ran a timer.",
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5),
)
PAUSED = Gauge("delivery_partitions_paused", "Partitions whose window is full.")
#: A time and not a count: an instance may find a changed log before its first scrape. Prometheus
#: would not see the increase of a counter that begins at 1.
LOG_CHANGED_AT = Gauge(
    "delivery_log_changed_timestamp_seconds",
    "When a partition's log was last found replaced, truncated or trimmed behind its reader.",
    ["change"],
)
TOPIC_MISMATCH = Gauge(
    "delivery_topic_mismatch",
    "1 while the topic is missing, or its number of partitions has changed.",
)
COMMITS = Counter("delivery_commits_total", "Offset commits, by result.", ["result"])
MAP_CHARACTERS = Histogram(
    "delivery_settled_map_characters",
    "Length of the settled map, for each partition and commit.",
    buckets=(0, 64, 256, 1_024, 2_048, 3_072, 4_096),
)
MAPS_LEFT_OUT = Counter(
    "delivery_settled_maps_left_out_total", "Commits whose map did not fit into the metadata."
)
MAPS_NEAR_LIMIT = Counter(
    "delivery_settled_maps_near_limit_total", "Commits whose map had over 3,072 characters."
)
DEAD_LETTERS_WAITING = Gauge(
    "delivery_dead_letters_waiting", "Records that wait to be sent to the dead-letter topic."
)
DEAD_LETTERS_REFUSED = Counter(
    "delivery_dead_letters_refused_total", "Sends that the dead-letter topic refused."
)
RECEIPTS = Counter(
    "delivery_receipts_total", "Receipts that Kafka has confirmed, by type.", ["type"]
)
RECEIPTS_WAITING = Gauge("delivery_receipts_waiting", "Receipts that Kafka has not confirmed yet.")
RECEIPTS_DROPPED = Counter(
    "delivery_receipts_dropped_total",
    "Receipts dropped because the queue was full. Receipts of deliveries are written later.",
)
