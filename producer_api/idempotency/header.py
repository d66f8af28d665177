"""The header `Idempotency-Key`, and the one that marks a replay."""

from typing import Any

from fastapi import Request

from producer_api.contract.tokens import Identity
from producer_api.idempotency.core.keys import Key, MalformedKeyError, key_of, read_key
from producer_api.idempotency.once import Answer

#: For the OpenAPI document. Read by hand: as a parameter of FastAPI it would cost each create more
#: than all else that is read of its headers, and two of them would pass.
PARAMETER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "Makes repeating the request safe, for 24 hours: it is done once, and answered "
    "the same, marked `Idempotency-Replayed: true`. Up to 255 characters of printable ASCII.",
}


def header_key(request: Request) -> str | None:
    """The key of the request, as the service named it. Raises `MalformedKeyError`."""
    given = request.headers.getlist("idempotency-key")
    if len(given) > 1:
        raise MalformedKeyError("there must be one idempotency key at most")
    return read_key(given[0]) if given else None


def key_for(identity: Identity, name: str | None, request: Request, body: bytes) -> Key | None:
    """What the request is known by; None for one without a key."""
    if name is None:
        return None
    return key_of(identity.subject, name, request.scope["path"], body)


def replayed_header(answer: Answer) -> dict[str, str]:
    """What marks the answer of a repeat."""
    return {"Idempotency-Replayed": "true"} if answer.replayed else {}
