"""How long the clients of Kafka and MongoDB wait for a server that does not answer.

ADR 26 has the reasons and the measurements.
"""

from typing import Any

#: Limits of consumers and admin clients. A client that joins its group may have to wait almost this
#: long for the other members. The brokers also take about this long to move the partitions that a
#: suspended broker led, so an earlier attempt would not help.
CONSUMER_LIMITS: dict[str, Any] = {
    "request_timeout_ms": 10_000,
    # A client that only waits for records does not learn by itself that a partition has moved to
    # another broker.
    "metadata_max_age_ms": 10_000,
}

MONGO_SELECTION_MS, MONGO_SOCKET_MS = 3_000, 10_000
#: Limits of a MongoDB client. Its monitors give up a suspended server after the time for connecting
#: plus one heartbeat. They then also end the commands that wait for this server.
MONGO_LIMITS: dict[str, Any] = {
    "serverSelectionTimeoutMS": MONGO_SELECTION_MS,
    "connectTimeoutMS": MONGO_SELECTION_MS,
    "socketTimeoutMS": MONGO_SOCKET_MS,
    "heartbeatFrequencyMS": 3_000,
}
