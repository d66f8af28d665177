"""Socket.IO packets whose notifications are ready JSON: joined into the event, never parsed."""

from collections.abc import Iterable

from socketio.packet import EVENT, Packet

NOTIFICATIONS = "notifications"


class ReadyJson:
    """The argument of a `notifications` event: a list of notifications, encoded once."""

    __slots__ = ("text",)

    def __init__(self, values: Iterable[bytes]) -> None:
        self.text = f'["{NOTIFICATIONS}",[{b",".join(values).decode()}]]'


class SplicingPacket(Packet):  # type: ignore[misc] # python-socketio has no types
    """For `serializer=`: as python-socketio's, but for events that carry `ReadyJson`."""

    def encode(self) -> str | list[str | bytes]:
        """The packet as text; of a binary packet, the text and its attachments."""
        data = self.data
        if self.packet_type == EVENT and isinstance(data, list) and isinstance(data[-1], ReadyJson):
            return f"{EVENT}{self.id}{data[-1].text}"
        encoded: str | list[str | bytes] = super().encode()
        return encoded
