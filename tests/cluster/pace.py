"""How soon the cluster notices that one of its processes has failed."""

from typing import NamedTuple


class Pace(NamedTuple):
    """The time-outs after which another broker leads, and another mongod is primary."""

    broker_session_ms: int
    election_ms: int


#: The defaults of Kafka and MongoDB.
DEFAULTS = Pace(9_000, 10_000)
#: For `make test`, which waits for the time-outs.
QUICK = Pace(4_000, 3_000)
