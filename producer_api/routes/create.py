"""POST /v1/notifications and /v1/notifications/batch: services create notifications."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from producer_api.contract.notification import NewNotification
from producer_api.idempotency.core.keys import Fingerprint
from producer_api.idempotency.header import PARAMETER, header_key, key_for, replayed_header
from producer_api.idempotency.idempotent_creates import IdempotentCreates
from producer_api.identity.bearer import SERVICE_SECURITY, Bearer
from producer_api.intake.outcomes import CreateFailedError
from producer_api.problems.documents import documented
from producer_api.requests.check_turns import CheckTurns
from producer_api.requests.direct_route import DirectRoute
from producer_api.requests.encoded_json_response import EncodedJsonResponse
from producer_api.requests.json_body import parse_json, read_bytes
from producer_api.requests.trace_context import TRACEPARENT, traceparent_of
from producer_api.routes.batch_items import BatchItems, with_json_data
from producer_api.routes.batch_results import results_json
from producer_api.routes.body_documents import json_body
from producer_api.routes.shapes import (
    CreatedNotification,
    ShownResults,
)

BODY_LIMIT_BYTES = 64 * 1024
BATCH_LIMIT_BYTES = 8 * 1024 * 1024
_BATCH_NOTE = (
    f"So 1,000 notifications may have {BATCH_LIMIT_BYTES // 1_000:,} bytes each, on average; split "
    f"a batch that is larger. Each notification may have {BODY_LIMIT_BYTES:,} bytes."
)


def create_router(creates: IdempotentCreates, bearer: Bearer) -> APIRouter:
    """Return the routes that create notifications."""
    router = APIRouter(prefix="/v1/notifications", tags=["notifications"], route_class=DirectRoute)
    turns = CheckTurns()

    # The handlers read the body themselves, so that they can check the caller's token first.
    @router.post(
        "",
        status_code=HTTPStatus.CREATED,
        summary="Create a notification",
        response_model=CreatedNotification,
        responses=documented(
            "malformed-idempotency-key",
            "in-progress",
            "gone",
            "idempotency-key-reused",
            "not-storable",
            "outcome-unknown",
        ),
        openapi_extra=_openapi("NewNotification", BODY_LIMIT_BYTES),
    )
    async def create(request: Request) -> Response:
        """A 201 means that the notification is durable.

        It will reach the user unless it expires or a newer one supersedes it. If the user has
        muted its category, it will not: then the answer also has the `status` `muted`.
        """
        identity = await bearer.service_of(request)
        header = header_key(request)
        body = await read_bytes(request, BODY_LIMIT_BYTES)
        bearer.count_bytes(request, identity, len(body))
        async with turns.turn(len(body)):
            notification = with_json_data(parse_json(body, NewNotification))
            key = key_for(identity, header, request, body)
        result = await creates.create([notification], key, traceparent=traceparent_of(request))
        [outcome] = result.outcomes
        if isinstance(outcome, CreateFailedError):
            raise outcome
        location = f"/v1/notifications/{outcome.document['_id']}".encode()
        headers = [(b"location", location), *replayed_header(result)]
        return EncodedJsonResponse(outcome.answer, HTTPStatus.CREATED, headers)

    @router.post(
        "/batch",
        summary="Create up to 1,000 notifications",
        response_model=ShownResults,
        responses=documented(
            "malformed-idempotency-key", "in-progress", "idempotency-key-reused", "outcome-unknown"
        ),
        openapi_extra=_openapi("WantedBatch", BATCH_LIMIT_BYTES, _BATCH_NOTE),
    )
    async def create_batch(request: Request) -> Response:
        """Returns one result for each notification, in order.

        An invalid notification does not affect the others.

        The idempotency key is for the batch as a whole.
        """
        identity = await bearer.service_of(request)
        header = header_key(request)
        body = await read_bytes(request, BATCH_LIMIT_BYTES)
        bearer.count_bytes(request, identity, len(body))
        fingerprint = Fingerprint(request.scope["path"])
        batch = BatchItems(body, BODY_LIMIT_BYTES, fingerprint)
        await batch.check(turns)
        key = fingerprint.key_of(identity.subject, header) if header is not None else None
        result = await creates.create(batch.results, key, traceparent=traceparent_of(request))
        content = await results_json(request, result.outcomes)
        return EncodedJsonResponse(content, HTTPStatus.OK, replayed_header(result))

    return router


def _openapi(schema: str, limit: int, note: str = "") -> dict[str, Any]:
    body = json_body(schema, limit, required=True, note=note)
    return {"parameters": [PARAMETER, TRACEPARENT], "requestBody": body, **SERVICE_SECURITY}
