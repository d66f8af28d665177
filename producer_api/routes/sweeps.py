"""POST /v1/users/{user_id}/notifications/read and …/seen: mark many in one request."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from producer_api.contract.token_verifier import Identity
from producer_api.identity.access import user_to_mark_some
from producer_api.identity.bearer import Bearer
from producer_api.identity.errors import ForbiddenError
from producer_api.inbox.changes.marking import Marking, Selection
from producer_api.inbox.marks import MarkChange
from producer_api.problems.documents import documented
from producer_api.requests.json_body import read_optional_json
from producer_api.requests.trace_context import TRACEPARENT, traceparent_of
from producer_api.routes.body_documents import json_body
from producer_api.routes.shapes import ShownCounts, WantedSweep

#: The largest body, in bytes. It has room for the ids of the largest selection.
_LIMIT_BYTES = 64 * 1024
_OPENAPI: dict[str, Any] = {
    "parameters": [TRACEPARENT],
    "requestBody": json_body("WantedSweep", _LIMIT_BYTES, required=False),
}


def sweeps_router(marking: Marking, bearer: Bearer) -> APIRouter:
    """Return the routes that mark many. The user id `me` means the bearer of the token."""
    router = APIRouter(prefix="/v1/users/{user_id}/notifications", tags=["inbox"])
    anyone = Depends(bearer.anyone)

    async def mark_all(
        user_id: str, request: Request, identity: Identity, marks: MarkChange
    ) -> Response:
        shopper = user_to_mark_some(identity, user_id)
        wanted = await read_optional_json(request, WantedSweep, _LIMIT_BYTES)
        traceparent = traceparent_of(request)
        if wanted.ids is not None or wanted.collapse_key is not None:
            chosen = Selection(wanted.ids or (), wanted.collapse_key)
            counts = await marking.mark_chosen(shopper, marks, chosen, traceparent=traceparent)
        elif identity.is_service:
            raise ForbiddenError(
                "only the shopper can mark all of their notifications; a service must name "
                "the ids or the collapse_key"
            )
        else:
            counts = await marking.mark_all(
                shopper, marks, up_to=wanted.up_to, traceparent=traceparent
            )
        content = {"unread_count": counts.unread_count, "unseen_count": counts.unseen_count}
        return Response(orjson.dumps(content), media_type="application/json")

    @router.post(
        "/read",
        summary="Mark all as read, or those that the body names",
        response_model=ShownCounts,
        responses=documented(422, "outcome-unknown"),
        openapi_extra=_OPENAPI,
    )
    async def mark_all_read(
        user_id: str, request: Request, identity: Annotated[Identity, anyone]
    ) -> Response:
        """Marks any number of notifications in one request. Returns the new counts.

        A service may call this with `ids` or a `collapse_key`, for instance when the shopper opens
        the order in the shop.
        """
        return await mark_all(user_id, request, identity, MarkChange(read=True))

    @router.post(
        "/seen",
        summary="Mark all as seen, or those that the body names",
        response_model=ShownCounts,
        responses=documented(422, "outcome-unknown"),
        openapi_extra=_OPENAPI,
    )
    async def mark_all_seen(
        user_id: str, request: Request, identity: Annotated[Identity, anyone]
    ) -> Response:
        """Call this when the shopper opens the inbox. Returns the new counts.

        A service may call this with `ids` or a `collapse_key`.
        """
        return await mark_all(user_id, request, identity, MarkChange(seen=True))

    return router
