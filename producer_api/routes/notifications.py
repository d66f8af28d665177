"""What services call: create a notification, and see what became of it."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from producer_api.contract.notification import NewNotification, public, public_json
from producer_api.contract.tokens import Identity
from producer_api.identity.bearer import Bearer
from producer_api.inbox.notifications import Notifications
from producer_api.inbox.state import state_of
from producer_api.intake.committer import Committer
from producer_api.routes.body import read_json
from producer_api.routes.problems import documented
from producer_api.routes.shapes import ShownNotification, TracedNotification

BODY_LIMIT_BYTES = 64 * 1024

_REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/NewNotification"}}
        },
    }
}


def notifications_router(
    committer: Committer, notifications: Notifications, bearer: Bearer
) -> APIRouter:
    """The routes under /v1/notifications."""
    router = APIRouter(prefix="/v1/notifications", tags=["notifications"])
    service = Depends(bearer.service)

    # The body is read inside: by then the caller is known to be allowed to send one.
    @router.post(
        "",
        status_code=HTTPStatus.CREATED,
        summary="Create a notification",
        response_model=ShownNotification,
        responses=documented("not-storable", "outcome-unknown"),
        openapi_extra=_REQUEST_BODY,
    )
    async def create(request: Request, _: Annotated[Identity, service]) -> Response:
        """It is durable when this answers, and will reach the user once, unless it expires."""
        wanted = await read_json(request, NewNotification, BODY_LIMIT_BYTES)
        document = await committer.create(wanted)
        location = f"/v1/notifications/{document['_id']}"
        return _json(public_json(document), HTTPStatus.CREATED, location)

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
        return _json(orjson.dumps({**public(document), "status": status}))

    return router


def _json(
    content: bytes, status: HTTPStatus = HTTPStatus.OK, location: str | None = None
) -> Response:
    headers = {"Location": location} if location else None
    return Response(content, status, headers, "application/json")
