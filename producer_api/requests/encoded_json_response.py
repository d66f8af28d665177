"""A response whose body is JSON already."""

from collections.abc import Iterable

from fastapi.responses import Response


class EncodedJsonResponse(Response):
    """A response with this JSON, and with header fields whose names are in lower case."""

    def __init__(
        self, body: bytes, status_code: int, headers: Iterable[tuple[bytes, bytes]]
    ) -> None:
        # Do not call Starlette's constructor: encoding the fields there takes longer than all of
        # this.
        self.body = body
        self.status_code = int(status_code)
        self.background = None
        self.raw_headers = [
            *headers,
            (b"content-length", b"%d" % len(body)),
            (b"content-type", b"application/json"),
        ]
