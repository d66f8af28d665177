"""`python -m delivery` with a fast heartbeat, for tests that wait for it.

Delivery has no settings for these times. The time-out leaves a busy machine long enough to answer a
ping.
"""

import sys

from delivery import __main__
from delivery.sockets import server

PING_INTERVAL_SECONDS = 0.5
PING_TIMEOUT_SECONDS = 2.0

if __name__ == "__main__":
    for name in ("_PING_INTERVAL_SECONDS", "_PING_TIMEOUT_SECONDS"):
        assert hasattr(server, name), f"delivery.sockets.server has no {name} any more"
        setattr(server, name, globals()[name.removeprefix("_")])
    sys.exit(__main__.main())
