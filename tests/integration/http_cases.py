"""What a hostile HTTP client sends, and how a server may answer before it ends the connection."""

from collections.abc import Iterator
from dataclasses import dataclass

#: The targets of the cases contain this text, which no server may log.
SECRET_IN_QUERY = "token-in-a-query"
_QUERY = b"?EIO=4&transport=websocket&token=" + SECRET_IN_QUERY.encode()
_KIB = 1024
_CLOSE = b"Connection: close\r\n\r\n"
_UPGRADE = (
    b"GET /socket.io/%b HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" % _QUERY
)
_KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


@dataclass(frozen=True, slots=True)
class Case:
    """The pieces that a client sends, one after the other, and the statuses of all answers."""

    name: str
    pieces: tuple[bytes, ...]
    statuses: tuple[int, ...]
    haproxy: tuple[int, ...] | None = None
    """The statuses of HAProxy's answers, if they differ."""
    waits: bool = False
    """Whether the client sends the other pieces only after the first one is answered. Otherwise, a
    busy server may refuse the others before it has answered the first."""

    def of(self, server: str) -> tuple[int, ...]:
        """Return the statuses of all answers of this server, in order."""
        if server == "ui" and self.haproxy is not None:
            return self.haproxy
        return self.statuses


def cases(path: bytes) -> Iterator[Case]:
    """Yield the cases for a server that answers 200 to a GET of this path."""
    target = path + _QUERY
    start = b"GET %b HTTP/1.1\r\nHost: localhost\r\n" % target
    yield from _late(target, start)
    yield from _endless(start)
    yield from _several(start)
    yield from _confusing(start)
    yield from _other_protocols(target, start)


def _late(target: bytes, start: bytes) -> Iterator[Case]:
    yield Case("nothing at all", (), (), haproxy=(408,))
    yield Case("half a request line", (b"GET %b" % target,), (408,))
    yield Case("half a head", (start + b"X: ",), (408,))
    yield Case("half a head after a request", (start + b"\r\n", start), (200, 408))
    yield Case("half a body", (start + b"Content-Length: 9\r\n\r\nabc",), (200,))


def _endless(start: bytes) -> Iterator[Case]:
    much = [b"x" * 50 * _KIB] * 40
    yield Case("an endless line", (b"GET /", *much), (431,), haproxy=(400,))
    yield Case("an endless header", (start + b"X: ", *much), (431,), haproxy=(400,))
    headers = [b"a: b\r\n" * 8 * _KIB] * 40
    yield Case("endless headers", (start, *headers), (431,), haproxy=(400,))
    yield Case("130 headers", (start + b"a: b\r\n" * 130 + b"\r\n",), (431,), haproxy=(400,))
    yield Case("endless empty lines", (b"\r\n" * 40 * _KIB,), (431,), haproxy=(400,))
    chunked = start + b"Transfer-Encoding: chunked\r\n\r\n"
    yield Case("an endless extension of a chunk", (chunked + b"1;", *much), (200,), waits=True)
    yield Case("endless trailers", (chunked + b"0\r\n", *headers), (200,), waits=True)


def _several(start: bytes) -> Iterator[Case]:
    get, last = start + b"\r\n", start + _CLOSE
    yield Case("pipelined requests", (get * 3 + last,), (200,) * 4)
    yield Case("pipelined junk", (get + b"\x00junk\r\n\r\n",), (200, 400))
    trailer = start + b"Transfer-Encoding: chunked\r\n\r\n1;a=b\r\nx\r\n0\r\nHost: evil\r\n\r\n"
    yield Case("a trailer", (trailer + last,), (200, 200))


def _confusing(start: bytes) -> Iterator[Case]:
    for name, headers, haproxy in (
        ("two lengths", b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        ("two hosts", b"Host: evil\r\n\r\n", 400),
        ("a NUL in a header", b"X: a\x00b\r\n" + _CLOSE, 200),
        ("a folded header", b"X: a\r\n b\r\n" + _CLOSE, 200),
        ("a space before a colon", b"Content-Length : 1\r\n\r\na", 400),
        ("a chunk of no length", b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (
            "a length and chunks",
            b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n%b0\r\n\r\n" % _CLOSE,
            200,
        ),
        *((f"coding {text}", f"Transfer-Encoding: {text}".encode(), 400) for text in _CODINGS),
        *((f"length {text}", f"Content-Length: {text}".encode(), 400) for text in _LENGTHS),
    ):
        yield Case(name, (start + headers + b"\r\n\r\n",), (400,), haproxy=(haproxy,))
    odd_target = b"GET /\xff\x9b HTTP/1.1\r\nHost: localhost\r\n\r\n"
    yield Case("a target that is not ASCII", (odd_target,), (400,))
    lf = start.replace(b"\r\n", b"\n") + b"\n"
    yield Case("lines that end with LF", (lf,), (400,), haproxy=(200,))


_CODINGS = ("gzip", "xchunked", "chunked, identity")
_LENGTHS = ("-1", "+1", "0x1", "1 1", "9" * 30)


def _other_protocols(target: bytes, start: bytes) -> Iterator[Case]:
    tls = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 512
    yield Case("a TLS client", (tls,), (400,))
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    yield Case("an HTTP/2 client", (preface,), (400,), haproxy=())  # HAProxy answers in HTTP/2
    h2c = start + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    yield Case("an upgrade to HTTP/2", (h2c + start + _CLOSE,), (200, 200))
    version = b"GET %b HTTP/%b\r\nHost: localhost\r\n\r\n"
    yield Case("HTTP/1.0", (version % (target, b"1.0"),), (200,))
    yield Case("HTTP/7.1", (version % (target, b"7.1"),), (400,), haproxy=(200,))
    tunnel = b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n"
    yield Case("a tunnel", (tunnel + _CLOSE,), (400,), haproxy=(405,))
    absolute = b"GET http://localhost%b HTTP/1.1\r\nHost: localhost\r\n" % target
    yield Case("a target with a host", (absolute + _CLOSE,), (200,))
    expect = b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    yield Case("a body that waits for a 100", (start + expect,), (200,))


def bodies(path: bytes) -> Iterator[Case]:
    """Yield requests to a POST handler that reads its body. No whole body reaches the handler."""
    start = b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" % path
    length = start + b"Content-Length: 9999999\r\n\r\n"
    yield Case("half a body", (length + b"{",), (408,))
    much = [b" " * 50 * _KIB] * 40
    yield Case("an endless body", (length, *much), (413,))
    chunked = start + b"Transfer-Encoding: chunked\r\n\r\n"
    yield Case("endless chunks", (chunked, *[b"4000\r\n%b\r\n" % (b" " * 0x4000)] * 40), (413,))
    yield Case("endless small chunks", (chunked, *[b"1\r\nx\r\n" * 9_000] * 40), (413,))
    yield Case("a broken chunk", (chunked, b"1\r\nx\r\n", b"zz\r\n"), (400,))


def upgrades() -> Iterator[Case]:
    """Yield upgrade requests that delivery must refuse."""
    get = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    whole = _UPGRADE + _KEY
    yield Case("half a request", (whole,), (408,))
    yield Case("a line of 9 KiB", (whole + b"X: %b\r\n\r\n" % (b"x" * 9 * _KIB),), (431,))
    long_line = whole.replace(b"token", b"x" * 9 * _KIB)
    yield Case("a query of 9 KiB", (long_line + b"\r\n",), (431,))
    yield Case("a body", (whole + b"Content-Length: 3\r\n\r\nabc",), (400,))
    yield Case("a request before it", (get + whole + b"\r\n",), (200, 400))
    yield Case("no key", (_UPGRADE + b"\r\n",), (400,))
    old = whole.replace(b"Version: 13", b"Version: 12")
    yield Case("an old version", (old + b"\r\n",), (400,))
    post = whole.replace(b"GET", b"POST")
    yield Case("POST", (post + b"\r\n",), (405,))
    elsewhere = whole.replace(b"/socket.io/", b"/elsewhere")
    yield Case("no such path", (elsewhere + b"\r\n",), (403,))
