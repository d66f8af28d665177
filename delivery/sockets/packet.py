"""Builds events as JSON, and checks the packets that clients send.

Python-socketio trusts clients to send well-formed packets. Without the check, a client could fill
the log with tracebacks, and trigger the events `connect` and `disconnect`, which only the library
may trigger.
"""

from collections.abc import Iterable
from typing import Any

from socketio import packet
from socketio.packet import EVENT, Packet

from delivery import metrics

NOTIFICATIONS, INBOX = b"notifications", b"inbox"
#: The name of an event that has no handler.
_MALFORMED = "malformed"
_RESERVED = frozenset({"connect", "disconnect"})


def notifications(values: Iterable[bytes]) -> bytes:
    """Return a `notifications` event, whose argument is the list of these notifications."""
    return b'["%b",[%b]]' % (NOTIFICATIONS, b",".join(values))


class CheckedPacket(Packet):  # type: ignore[misc] # python-socketio has no types
    """A packet for python-socketio's `serializer=`.

    An incoming packet that is malformed is counted, and becomes an event without a handler.
    """

    def __init__(
        self, *args: Any, encoded_packet: str | bytes | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        if encoded_packet is None:
            return
        try:
            is_well_formed = self.decode(encoded_packet) == 0 and self._is_from_a_client()
        except (ValueError, TypeError, RecursionError):  # bad text or bytes, deep JSON
            is_well_formed = False
        if not is_well_formed:
            metrics.MALFORMED_PACKETS.inc()
            super().__init__(EVENT, [_MALFORMED])

    def _is_from_a_client(self) -> bool:
        data: Any = self.data
        match self.packet_type:
            case packet.EVENT:
                has_name = isinstance(data, list) and data and isinstance(data[0], str)
                return bool(has_name and data[0] not in _RESERVED)
            case packet.CONNECT | packet.DISCONNECT | packet.ACK:
                return True
        return False  # The type is binary, unknown, or one that only a server sends.
