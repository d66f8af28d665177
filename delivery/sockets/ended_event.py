"""The event `ended`, which tells a client why its connection is ended, if it can remedy the cause.

The event precedes the disconnect. A client that ignores the event only sees the disconnect.
"""

import orjson

from delivery.core.decision_types import Fault

#: The client has used up its budget of packets.
TOO_MANY_PACKETS = "too_many_packets"
#: A service has ended the sessions of the user.
SESSIONS_ENDED = "sessions_ended"
_ENDED = "ended"
_MESSAGES: dict[str, str] = {
    Fault.CROWDED: "this user has too many connections, so the oldest one was ended",
    SESSIONS_ENDED: "the user's sessions were ended; sign in again",
    TOO_MANY_PACKETS: "this client has sent too many packets in a short time",
}


def is_explained(reason: str) -> bool:
    """Return whether clients get an `ended` event for this reason."""
    return reason in _MESSAGES


def ended_event(reason: str) -> bytes:
    """Return the event `ended` for this reason, as a JSON array."""
    return orjson.dumps([_ENDED, {"reason": reason, "message": _MESSAGES[reason]}])
