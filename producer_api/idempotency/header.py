"""The header fields `Idempotency-Key` and `Idempotency-Replayed`."""

from typing import Any

from fastapi import Request

from producer_api.contract.token_verifier import Identity
from producer_api.idempotency.core.keys import MalformedKeyError, key_of, read_key
from producer_api.idempotency.create_once import CreateResult
from producer_api.intake.keyed_request import RequestKey

#: For the OpenAPI document. The routes read the header themselves: a FastAPI parameter would cost
#: each create more than all other header fields together, and would accept two of them.
PARAMETER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "Makes repeating the request safe, for 24 hours: it is done once, and answered "
    "the same, marked `Idempotency-Replayed: true`. Up to 255 characters of printable ASCII.",
}


def header_key(request: Request) -> str | None:
    """Return the idempotency key of the request, if it has one. Raises `MalformedKeyError`."""
    given = request.headers.getlist("idempotency-key")
    if len(given) > 1:
        raise MalformedKeyError("there must be one idempotency key at most")
    return read_key(given[0]) if given else None


def key_for(
    identity: Identity, name: str | None, request: Request, body: bytes
) -> RequestKey | None:
    """Return what identifies the request; None without an idempotency key."""
    if name is None:
        return None
    return key_of(identity.subject, name, request.scope["path"], body)


def replayed_header(result: CreateResult) -> dict[str, str]:
    """Return the header field that marks the answer to a repeat."""
    return {"Idempotency-Replayed": "true"} if result.replayed else {}
