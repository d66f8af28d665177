"""What services call to create notifications, one or many."""

import asyncio
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from producer_api.contract.notification import NewNotification
from producer_api.idempotency.header import PARAMETER, header_key, key_for, replayed_header
from producer_api.idempotency.once import Once
from producer_api.identity.bearer import SERVICE_SECURITY, Bearer
from producer_api.intake.outcomes import CreateFailedError
from producer_api.problems.documents import documented
from producer_api.routes.batch import checked
from producer_api.routes.body import parsed, read_bytes
from producer_api.routes.outcomes import results_json
from producer_api.routes.shapes import (
    ShownNotification,
    ShownResults,
    WantedBatch,
)
from producer_api.routes.trace_context import TRACEPARENT, traceparent_of

BODY_LIMIT_BYTES = 64 * 1024
BATCH_LIMIT_BYTES = 8 * 1024 * 1024


def _takes(schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    body = {"required": True, "content": content}
    return {"parameters": [PARAMETER, TRACEPARENT], "requestBody": body, **SERVICE_SECURITY}


def notifications_router(once: Once, bearer: Bearer) -> APIRouter:
    """The routes under /v1/notifications."""
    router = APIRouter(prefix="/v1/notifications", tags=["notifications"])

    # The body is read inside: by then the caller is known to be allowed to send one.
    @router.post(
        "",
        status_code=HTTPStatus.CREATED,
        summary="Create a notification",
        response_model=ShownNotification,
        responses=documented(
            "malformed-idempotency-key",
            "in-progress",
            "gone",
            "idempotency-key-reused",
            "not-storable",
            "outcome-unknown",
        ),
        openapi_extra=_takes("NewNotification"),
    )
    async def create(request: Request) -> Response:
        """It is durable when this answers, and will reach the user once, unless it expires."""
        identity = await bearer.service_of(request)
        name = header_key(request)
        body = await read_bytes(request, BODY_LIMIT_BYTES)
        wanted = parsed(body, NewNotification)
        key = key_for(identity, name, request, body)
        answer = await once.create([wanted], key, traceparent=traceparent_of(request))
        [outcome] = answer.outcomes
        if isinstance(outcome, CreateFailedError):
            raise outcome
        headers = {"Location": f"/v1/notifications/{outcome.document['_id']}"}
        headers |= replayed_header(answer)
        return Response(outcome.shown, HTTPStatus.CREATED, headers, "application/json")

    @router.post(
        "/batch",
        summary="Create up to 1,000 notifications",
        response_model=ShownResults,
        responses=documented(
            "malformed-idempotency-key", "in-progress", "idempotency-key-reused", "outcome-unknown"
        ),
        openapi_extra=_takes("WantedBatch"),
    )
    async def create_batch(request: Request) -> Response:
        """One result for each, in order; one that fails fails alone. The idempotency key is that of
        the batch as a whole.
        """
        identity = await bearer.service_of(request)
        name = header_key(request)
        body = await read_bytes(request, BATCH_LIMIT_BYTES)
        # In a thread, as some megabytes of it take longer than others should have to wait.
        items = await asyncio.to_thread(parsed, body, WantedBatch)
        wanted = await checked(items.notifications, BODY_LIMIT_BYTES)
        key = await asyncio.to_thread(key_for, identity, name, request, body)
        answer = await once.create(wanted, key, traceparent=traceparent_of(request))
        content = results_json(request, answer.outcomes)
        return Response(content, HTTPStatus.OK, replayed_header(answer), "application/json")

    return router
