"""What an HTTP client may do at any of our servers, and the answer to a client that does more."""

import resource
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

import orjson

#: Limit on a request's first line and headers together, in bytes. A head that arrives in one piece
#: may be a little larger.
LONGEST_HEAD = 64 * 1024
#: Limit on the number of headers, and of trailers. The library `websockets` has the same limit.
MOST_HEADERS = 128
#: How many requests may wait for the answer to an earlier one on the same connection.
MOST_PIPELINED = 16


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits that differ between servers, or that tests shorten."""

    arrival_seconds: float = 20.0
    """How long the head of a request may take to arrive, and how long the body may take."""
    body_bytes: int = 1024 * 1024
    """The maximum length of a body. Applications may set a lower limit."""
    waiting_connections: int = 10_000
    """How many connections may be open without a request. Beyond this number, the oldest is closed.

    A far lower limit would cut off clients that keep their connections open, as load tests do. If
    an instance dies, its clients connect to the others at once, and the event loop accepts many
    connections before it reads a request from the first one. `most_waiting` lowers the limit if the
    process may open only a few files.
    """


def most_waiting(bounds: Bounds, open_files: int) -> int:
    """Return how many connections may wait in a process that may open this many files.

    A quarter of the files is left for requests under way, and for the process's own connections.
    """
    if open_files == resource.RLIM_INFINITY:
        return bounds.waiting_connections
    return max(min(bounds.waiting_connections, open_files * 3 // 4), 1)


class RequestRefusedError(Exception):
    """The request exceeds a limit, or is not HTTP."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Connection(Protocol):
    """A connection that can be closed."""

    def close(self) -> None:
        """Close it, once everything is sent."""


class WaitingConnections:
    """Owns the list of one server's connections that wait for a request, oldest first.

    Without it, a client could open connections until the process has no file descriptors left.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: dict[Connection, None] = {}

    def add(self, connection: Connection) -> None:
        """Add a connection as the youngest, and close the oldest if there are too many."""
        self._waiting[connection] = None
        if len(self._waiting) > self._most:
            oldest = next(iter(self._waiting))
            del self._waiting[oldest]
            oldest.close()

    def remove(self, connection: Connection) -> None:
        """Remove a connection: it has a request, or it has ended."""
        self._waiting.pop(connection, None)


def refusal(error: RequestRefusedError, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the answer to a refused request, a problem document (RFC 9457)."""
    status = error.status
    members = {"type": "about:blank", "title": status.phrase, "status": int(status)}
    body = orjson.dumps({**members, "detail": error.detail})
    lines = [
        b"HTTP/1.1 %d %b" % (status, status.phrase.encode()),
        *(b"%b: %b" % header for header in headers),
        b"content-type: application/problem+json",
        b"content-length: %d" % len(body),
        b"connection: close",
        b"",
        body,
    ]
    return b"\r\n".join(lines)
