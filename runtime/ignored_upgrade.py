"""The body of a request that asks for an upgrade which is not offered.

httptools assumes that the bytes after the head of such a request belong to the other protocol. So
it skips the body. But RFC 9110, section 7.8, lets a server ignore the upgrade, and the body still
belongs to the request. If the body were parsed as the next request, a client could hide requests
from a proxy. Such requests are common: Java's HTTP client asks for an upgrade to HTTP/2 with each
request to an http address.
"""

from typing import Any

import httptools

Fields = list[tuple[bytes, bytes]]

_FRAMING = (b"content-length", b"transfer-encoding")


def framing_of(headers: Fields) -> Fields:
    """Return the fields that say where the body ends. Without them, there is no body."""
    return [field for field in headers if field[0] in _FRAMING]


def parser_from_body_on(protocol: Any, framing: Fields) -> httptools.HttpRequestParser:
    """Return a parser that has parsed the request's head, and expects its body."""
    parser = httptools.HttpRequestParser(_Events(protocol))
    parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
    lines = [b"POST / HTTP/1.1\r\n", *(b"%b: %b\r\n" % field for field in framing), b"\r\n"]
    parser.feed_data(b"".join(lines))
    return parser


class _Events:
    """Passes on what the parser finds, apart from the first head, which the protocol has already.

    That head has no other fields than those of `framing_of`.
    """

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        self._is_past_head = False
        self.on_body = protocol.on_body
        self.on_message_complete = protocol.on_message_complete

    def on_message_begin(self) -> None:
        if self._is_past_head:
            self._protocol.on_message_begin()

    def on_url(self, url: bytes) -> None:
        if self._is_past_head:
            self._protocol.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._is_past_head:
            self._protocol.on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._is_past_head:
            self._protocol.on_headers_complete()
        self._is_past_head = True
