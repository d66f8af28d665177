"""What can be seen of the delivery service; no label holds a user."""

from prometheus_client import Counter, Gauge, Histogram

SETTLED = Counter(
    "delivery_records_settled_total",
    "Records settled, by outcome; parked: left to the inbox to give, be the user there or not.",
    ["outcome"],
)
PUSHES = Counter("delivery_pushes_total", "Events sent to connections, repeats included.")
PUSHED = Histogram(
    "delivery_push_notifications",
    "Notifications in an event.",
    buckets=(1, 2, 5, 10, 20, 50),
)
ACK_SECONDS = Histogram(
    "delivery_push_ack_seconds",
    "From the first push of an event to its first acknowledgement.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
ACK_TIMEOUTS = Counter(
    "delivery_ack_timeouts_total", "Times that a connection was silent about an event for too long."
)
DISCONNECTS = Counter("delivery_disconnects_total", "Connections ended by us, by fault.", ["fault"])
UNKNOWN_ACKS = Counter(
    "delivery_unknown_acks_total", "Acknowledgements of nothing that was pushed."
)
HOPS = Counter("delivery_hops_total", "Events pushed to a socket of another instance.")
LINKS = Gauge("delivery_peer_links", "Links to other owners that are up.")
SUBSCRIPTIONS = Gauge("delivery_subscriptions", "Sockets subscribed here, wherever they are.")
MALFORMED_PACKETS = Counter(
    "delivery_malformed_packets_total", "Packets from clients that mean nothing."
)
CONNECTIONS = Gauge("delivery_connections", "Connected sockets.")
REBALANCES = Histogram(
    "delivery_rebalance_seconds",
    "From the end of an assignment to the next one being served; its count is of rebalances.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60),
)
LOOP_LAG = Histogram(
    "delivery_event_loop_lag_seconds",
    "How much later than asked for the event loop came back.",
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5),
)
PAUSED = Gauge("delivery_partitions_paused", "Partitions whose window is full.")
COMMITS = Counter("delivery_commits_total", "Offset commits, by result.", ["result"])
MAP_CHARACTERS = Histogram(
    "delivery_settled_map_characters",
    "Length of the maps of what is settled beyond the committed offsets, a partition and commit.",
    buckets=(0, 64, 256, 1_024, 2_048, 3_072, 4_096),
)
MAPS_LEFT_OUT = Counter(
    "delivery_settled_maps_left_out_total", "Commits whose map did not fit the metadata."
)
MAPS_NEAR_LIMIT = Counter(
    "delivery_settled_maps_near_limit_total", "Commits whose map took over 3,072 characters."
)
DEAD_LETTERS_WAITING = Gauge(
    "delivery_dead_letters_waiting", "Records that the dead-letter topic has not taken yet."
)
DEAD_LETTERS_REFUSED = Counter(
    "delivery_dead_letters_refused_total", "Times that the dead-letter topic refused a record."
)
RECEIPTS = Counter("delivery_receipts_total", "Receipts that Kafka has confirmed.", ["type"])
RECEIPTS_WAITING = Gauge("delivery_receipts_waiting", "Receipts that Kafka has not confirmed yet.")
RECEIPTS_DROPPED = Counter(
    "delivery_receipts_dropped_total",
    "Receipts for which there was no room while Kafka took none; those of deliveries come later.",
)
