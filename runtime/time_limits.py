"""How long the clients of Kafka and MongoDB wait for a server that does not answer.

ADR 26 has the reasons and the measurements.
"""

from typing import Any

#: Limits of consumers and admin clients. A join may wait for the other members for almost as long
#: as this. It takes the brokers about as long to move what a suspended broker led, so an earlier
#: attempt would not help.
CONSUMER_LIMITS: dict[str, Any] = {
    "request_timeout_ms": 10_000,
    # A client that only waits for its next fetch hears nothing of a partition that has moved.
    "metadata_max_age_ms": 10_000,
}

MONGO_SELECTION_MS, MONGO_SOCKET_MS = 3_000, 10_000
#: Limits of a MongoDB client. Its monitors give up a suspended server after the time for connecting
#: and one more heartbeat, and then also end the commands that wait there.
MONGO_LIMITS: dict[str, Any] = {
    "serverSelectionTimeoutMS": MONGO_SELECTION_MS,
    "connectTimeoutMS": MONGO_SELECTION_MS,
    "socketTimeoutMS": MONGO_SOCKET_MS,
    "heartbeatFrequencyMS": 3_000,
}
