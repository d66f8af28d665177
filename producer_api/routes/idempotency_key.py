"""The header `Idempotency-Key`, and the one that marks a replay."""

from typing import Annotated

from fastapi import Header, Request

from producer_api.contract.tokens import Identity
from producer_api.intake.core.keys import Key, MalformedKeyError, key_of, read_key
from producer_api.intake.once import Answer


def header_key(
    request: Request,
    _: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="Makes repeating the request safe, for 24 hours: it is done once, and "
            "answered the same, marked `Idempotency-Replayed: true`.",
        ),
    ] = None,
) -> str | None:
    """The key of the request, as the service named it. Raises `MalformedKeyError`."""
    given = request.headers.getlist("idempotency-key")
    if len(given) > 1:
        raise MalformedKeyError("there must be one idempotency key at most")
    return read_key(given[0]) if given else None


def key_for(identity: Identity, header: str | None, request: Request, body: bytes) -> Key | None:
    """What the request is known by; None for one without a key."""
    if header is None:
        return None
    return key_of(identity.subject, header, request.scope["path"], body)


def replayed_header(answer: Answer) -> dict[str, str]:
    """What marks the answer of a repeat."""
    return {"Idempotency-Replayed": "true"} if answer.replayed else {}
