"""Socket.IO packets: what we send is joined of ready JSON, what comes is checked.

Python-socketio regards what a client sends as well-formed: else there would be tracebacks in the
log, and a client could raise events, `connect` and `disconnect`, that are the library's own.
"""

from collections.abc import Iterable
from typing import Any

from socketio import packet
from socketio.packet import EVENT, Packet

from delivery import metrics

NOTIFICATIONS, INBOX = "notifications", "inbox"
#: An event by this name is handled by nobody.
_MALFORMED = "malformed"
_RESERVED = frozenset({"connect", "disconnect"})


class ReadyJson:
    """The argument of an event, as JSON, with the event's name; encoded once."""

    __slots__ = ("text",)

    def __init__(self, event: str, argument: bytes) -> None:
        self.text = f'["{event}",{argument.decode()}]'


def notifications(values: Iterable[bytes]) -> ReadyJson:
    """The argument of a `notifications` event: a list of notifications."""
    return ReadyJson(NOTIFICATIONS, b"[%b]" % b",".join(values))


class CheckedPacket(Packet):  # type: ignore[misc] # python-socketio has no types
    """For `serializer=`: as python-socketio's, but for events that carry `ReadyJson`, and for
    what is malformed: that is counted, and becomes an event that nobody handles.
    """

    def __init__(self, *args: Any, encoded_packet: str | bytes | None = None, **more: Any) -> None:
        super().__init__(*args, **more)
        if encoded_packet is None:
            return
        try:
            well_formed = self.decode(encoded_packet) == 0 and self._means_something()
        except (ValueError, TypeError, RecursionError):  # as text, as bytes, as deep JSON
            well_formed = False
        if not well_formed:
            metrics.MALFORMED_PACKETS.inc()
            super().__init__(EVENT, [_MALFORMED])

    def _means_something(self) -> bool:
        data: Any = self.data
        match self.packet_type:
            case packet.EVENT:
                named = isinstance(data, list) and data and isinstance(data[0], str)
                return bool(named and data[0] not in _RESERVED)
            case packet.CONNECT | packet.DISCONNECT | packet.ACK:
                return True
        return False  # what the server alone sends, what is binary, what does not exist

    def encode(self) -> str | list[str | bytes]:
        """The packet as text; of a binary packet, the text and its attachments."""
        data: Any = self.data
        if self.packet_type == EVENT and isinstance(data, list) and isinstance(data[-1], ReadyJson):
            # The id by which the client acknowledges; none where it need not.
            number = "" if self.id is None else self.id
            return f"{EVENT}{number}{data[-1].text}"
        encoded: str | list[str | bytes] = super().encode()
        return encoded
