"""What services call: create notifications, one or many, and see what became of one."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from producer_api.contract.notification import NewNotification, public
from producer_api.contract.tokens import Identity
from producer_api.identity.bearer import Bearer
from producer_api.inbox.notifications import Notifications
from producer_api.inbox.state import state_of
from producer_api.intake.once import Once
from producer_api.intake.outcomes import CreateFailedError
from producer_api.routes.batch import checked
from producer_api.routes.body import parsed, read_bytes
from producer_api.routes.idempotency_key import PARAMETER, header_key, key_for, replayed_header
from producer_api.routes.outcomes import results_json
from producer_api.routes.problems import documented
from producer_api.routes.shapes import (
    ShownNotification,
    ShownResults,
    TracedNotification,
    WantedBatch,
)
from producer_api.routes.trace_context import TRACEPARENT, traceparent_of

BODY_LIMIT_BYTES = 64 * 1024
BATCH_LIMIT_BYTES = 8 * 1024 * 1024


def _takes(schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    body = {"required": True, "content": content}
    return {"parameters": [PARAMETER, TRACEPARENT], "requestBody": body}


def notifications_router(once: Once, notifications: Notifications, bearer: Bearer) -> APIRouter:
    """The routes under /v1/notifications."""
    router = APIRouter(prefix="/v1/notifications", tags=["notifications"])
    service = Depends(bearer.service)

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
    async def create(request: Request, identity: Annotated[Identity, service]) -> Response:
        """It is durable when this answers, and will reach the user once, unless it expires."""
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
    async def create_batch(request: Request, identity: Annotated[Identity, service]) -> Response:
        """One result for each, in order; one that fails fails alone. The idempotency key is that of
        the batch as a whole.
        """
        name = header_key(request)
        body = await read_bytes(request, BATCH_LIMIT_BYTES)
        wanted = await checked(parsed(body, WantedBatch).notifications, BODY_LIMIT_BYTES)
        key = key_for(identity, name, request, body)
        answer = await once.create(wanted, key, traceparent=traceparent_of(request))
        content = results_json(request, answer.outcomes)
        return Response(content, HTTPStatus.OK, replayed_header(answer), "application/json")

    @router.get(
        "/{notification_id}",
        summary="One notification, with the state of its delivery",
        response_model=TracedNotification,
        responses=documented(404),
    )
    async def trace(notification_id: str, _: Annotated[Identity, service]) -> Response:
        """`status` tells what became of it."""
        document = await notifications.find(notification_id)
        if document is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        status = state_of(document, datetime.now(UTC))
        content = orjson.dumps({**public(document), "status": status})
        return Response(content, media_type="application/json")

    return router
