"""Translates an ASGI request into a WSGI `environ`, which python-engineio reads.

Python-engineio's own translation keeps all headers. It creates a class for each request, which only
the garbage collector can free. It fails if the client leaves before the whole body is sent.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Receive = Callable[[], Awaitable[Any]]

#: The key in the `environ` under which a `Body` is found.
BODY = "delivery.body"
#: The headers that python-engineio reads.
_HEADERS = {
    name.encode(): "HTTP_" + name.upper().replace("-", "_")
    for name in (
        "accept-encoding",
        "access-control-request-headers",
        "connection",
        "host",
        "origin",
        "upgrade",
        "x-forwarded-host",
        "x-forwarded-proto",
    )
}


class Body:
    """The body of a request."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive

    async def read(self, most: int) -> bytes | None:
        """Return the body, or only its beginning if it has more bytes than `most`.

        Returns None if the client has gone.
        """
        body, is_whole = b"", False
        while not is_whole and len(body) <= most:
            message = await self._receive()
            if message["type"] != "http.request":
                return None
            body += message.get("body", b"")
            is_whole = not message.get("more_body", False)
        return body


async def environ_of(scope: Mapping[str, Any], receive: Receive, send: object) -> dict[str, Any]:
    """Return the `environ` of a request, for python-engineio's `translate_request`."""
    if scope["type"] == "websocket":
        await receive()  # `websocket.connect`, which comes first
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.get("method", "GET"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "asgi.receive": receive,
        "asgi.send": send,
        "asgi.scope": scope,
        BODY: Body(receive),
    }
    for header, value in scope["headers"]:
        if key := _HEADERS.get(header):
            text = value.decode("latin-1")
            environ[key] = f"{environ[key]},{text}" if key in environ else text
    environ["wsgi.url_scheme"] = environ.get("HTTP_X_FORWARDED_PROTO", "http")
    return environ
