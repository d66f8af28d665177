"""`python -m delivery` with short time limits, for tests that wait for these limits to expire.

Delivery has no settings for these times. They are long enough for a busy machine to answer a ping
and to connect.
"""

import sys
from types import ModuleType

from delivery import __main__
from delivery.sockets import client, server, upgrade, wire

PING_INTERVAL_SECONDS = 0.5
PING_TIMEOUT_SECONDS = 2.0
GRACE_SECONDS = 4.0
CLOSE_SECONDS = 1.0
UPGRADE_SECONDS = 1.0

_TIMES: list[tuple[ModuleType, str, float]] = [
    (server, "_PING_INTERVAL_SECONDS", PING_INTERVAL_SECONDS),
    (server, "_PING_TIMEOUT_SECONDS", PING_TIMEOUT_SECONDS),
    (client, "_GRACE_SECONDS", GRACE_SECONDS),
    (wire, "_CLOSE_SECONDS", CLOSE_SECONDS),
    (upgrade, "_HANDSHAKE_SECONDS", UPGRADE_SECONDS),
]

if __name__ == "__main__":
    for module, name, seconds in _TIMES:
        assert hasattr(module, name), f"{module.__name__} has no {name} any more"
        setattr(module, name, seconds)
    sys.exit(__main__.main())
