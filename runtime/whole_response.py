"""An ASGI extension of our HTTP servers: sends a complete response in one piece.

Uvicorn processes the headers one by one, and receives the head and the body as two messages. For a
small response, this takes longer than building the response.
"""

from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

_NAME = "whole response"


def offer(cycle: RequestResponseCycle) -> None:
    """Offer the extension to the application that handles this request."""
    scope: Any = cycle.scope
    scope["extensions"] = {_NAME: cycle}


async def send_whole(
    scope: Any, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes
) -> bool:
    """Send the response. Return False if the server does not offer this: send messages then.

    The headers must have valid names in lower case, and must include `content-length`. They must
    not concern the connection, as `connection` and `transfer-encoding` do.
    """
    cycle: RequestResponseCycle | None = scope.get("extensions", {}).get(_NAME)
    if cycle is None:
        return False
    if cycle.flow.write_paused and not cycle.disconnected:
        await cycle.flow.drain()
    if not cycle.disconnected:
        _send(cycle, status, headers, body)
    return True


def _send(
    cycle: RequestResponseCycle, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes
) -> None:
    """Do what uvicorn does with the messages of this response."""
    if cycle.response_started:
        raise RuntimeError("the response has started already")
    fields = [*cycle.default_headers, *headers]
    if not cycle.keep_alive:
        fields.append((b"connection", b"close"))
    lines = [b"%b: %b\r\n" % field for field in fields]
    head = b"".join([STATUS_LINE[status], *lines])
    ends = len(lines) + 1
    # A line break in a header would begin another header.
    if head.count(b"\n") != ends or head.count(b"\r") != ends:
        raise RuntimeError("a header contains a line break")
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(b"%b\r\n%b" % (head, body))
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
