"""Socket.IO packets whose argument is ready JSON: joined into the event, never parsed."""

from collections.abc import Iterable

from socketio.packet import EVENT, Packet

NOTIFICATIONS, INBOX = "notifications", "inbox"


class ReadyJson:
    """The argument of an event, as JSON, with the event's name; encoded once."""

    __slots__ = ("text",)

    def __init__(self, event: str, argument: bytes) -> None:
        self.text = f'["{event}",{argument.decode()}]'


def notifications(values: Iterable[bytes]) -> ReadyJson:
    """The argument of a `notifications` event: a list of notifications."""
    return ReadyJson(NOTIFICATIONS, b"[%b]" % b",".join(values))


class SplicingPacket(Packet):  # type: ignore[misc] # python-socketio has no types
    """For `serializer=`: as python-socketio's, but for events that carry `ReadyJson`."""

    def encode(self) -> str | list[str | bytes]:
        """The packet as text; of a binary packet, the text and its attachments."""
        data = self.data
        if self.packet_type == EVENT and isinstance(data, list) and isinstance(data[-1], ReadyJson):
            # The id by which the client acknowledges; none where it need not.
            number = "" if self.id is None else self.id
            return f"{EVENT}{number}{data[-1].text}"
        encoded: str | list[str | bytes] = super().encode()
        return encoded
