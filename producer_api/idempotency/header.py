"""The header fields `Idempotency-Key` and `Idempotency-Replayed`."""

from typing import Any

from fastapi import Request

from producer_api.contract.token_verifier import Identity
from producer_api.idempotency.core.keys import MalformedKeyError, key_of, read_key
from producer_api.idempotency.idempotent_creates import CreateResult
from producer_api.intake.keyed_request import RequestKey

#: For the OpenAPI document. The routes read the header themselves. If it were a declared parameter,
#: FastAPI would take longer for this field than for all others together, and would accept a request
#: that repeats the field.
PARAMETER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "Makes repeating the request safe for 24 hours: the request is carried out "
    "once. Repeats get the same answer, marked `Idempotency-Replayed: true`. Up to 255 characters "
    "of printable ASCII.",
}


def header_key(request: Request) -> str | None:
    """Return the idempotency key of the request, or None. Raises `MalformedKeyError`."""
    values = request.headers.getlist("idempotency-key")
    if len(values) > 1:
        raise MalformedKeyError("there must be at most one idempotency key")
    return read_key(values[0]) if values else None


def key_for(
    identity: Identity, header: str | None, request: Request, body: bytes
) -> RequestKey | None:
    """Return the key that identifies the request; None if it has no idempotency key."""
    if header is None:
        return None
    return key_of(identity.subject, header, request.scope["path"], body)


def replayed_header(result: CreateResult) -> list[tuple[bytes, bytes]]:
    """Return the header field that marks the answer to a repeat, if it is one."""
    return [(b"idempotency-replayed", b"true")] if result.replayed else []
