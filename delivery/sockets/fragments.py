"""Messages that come in several frames."""

from picows import WSCloseCode, WSFrame, WSMsgType, WSProtocolError

_TEXT, _CONTINUATION = WSMsgType.TEXT, WSMsgType.CONTINUATION


class Fragments:
    """Owns the beginning of a message that comes in several frames.

    Picows bounds the length of a frame, but not that of a message.
    """

    __slots__ = ("_bytes", "_most", "has_begun", "is_text")

    def __init__(self, most: int) -> None:
        """Accept messages of `most` bytes."""
        self._most = most
        self._bytes = bytearray()
        self.has_begun = False
        self.is_text = False

    def add(self, kind: WSMsgType, frame: WSFrame) -> bytes | None:
        """Return the message if this frame is its last one. Raises `WSProtocolError`."""
        if (kind is _CONTINUATION) != self.has_begun:
            raise WSProtocolError(WSCloseCode.PROTOCOL_ERROR, "a fragment is out of place")
        if len(self._bytes) + frame.payload_size > self._most:
            raise WSProtocolError(WSCloseCode.MESSAGE_TOO_BIG, "the message is too long")
        if not self.has_begun:
            self.is_text = kind is _TEXT
        self._bytes += frame.get_payload_as_bytes()
        self.has_begun = not frame.fin
        if self.has_begun:
            return None
        message = bytes(self._bytes)
        self._bytes.clear()
        return message
