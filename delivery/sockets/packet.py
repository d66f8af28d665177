"""Socket.IO packets: outgoing ones contain ready JSON, incoming ones are checked.

Python-socketio trusts clients to send well-formed packets. Without the check, a client could fill
the log with tracebacks, and trigger the events `connect` and `disconnect`, which only the library
may trigger.
"""

from collections.abc import Iterable
from typing import Any

from socketio import packet
from socketio.packet import EVENT, Packet

from delivery import metrics

NOTIFICATIONS, INBOX = "notifications", "inbox"
#: The name of an event that has no handler.
_MALFORMED = "malformed"
_RESERVED = frozenset({"connect", "disconnect"})


class ReadyJson:
    """The JSON text of an event with its name and its argument, encoded once for all sockets."""

    __slots__ = ("text",)

    def __init__(self, event: str, argument: bytes) -> None:
        self.text = f'["{event}",{argument.decode()}]'


def notifications(values: Iterable[bytes]) -> ReadyJson:
    """Return a `notifications` event, whose argument is the list of these notifications."""
    return ReadyJson(NOTIFICATIONS, b"[%b]" % b",".join(values))


class CheckedPacket(Packet):  # type: ignore[misc] # python-socketio has no types
    """A packet for python-socketio's `serializer=`.

    An outgoing event may carry `ReadyJson`. An incoming packet that is malformed is counted, and
    becomes an event without a handler.
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
        return False  # Types that only a server sends, binary ones, and unknown ones.

    def encode(self) -> str | list[str | bytes]:
        """Return the packet as text; for a binary packet, the text and its attachments."""
        data: Any = self.data
        if self.packet_type == EVENT and isinstance(data, list) and isinstance(data[-1], ReadyJson):
            # The client returns this id in its ack. Without an id, it sends no ack.
            number = "" if self.id is None else self.id
            return f"{EVENT}{number}{data[-1].text}"
        encoded: str | list[str | bytes] = super().encode()
        return encoded
