"""What is called about one user: their list, the marks on it, and its erasure."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from producer_api.contract.notification import public, public_json
from producer_api.contract.tokens import Identity
from producer_api.identity.bearer import Bearer
from producer_api.identity.user_path import owner_of, reader_of
from producer_api.inbox.changes.erasing import Erasing
from producer_api.inbox.changes.marking import Marking
from producer_api.inbox.counts.rules import Counts
from producer_api.inbox.cursor import from_cursor, to_cursor
from producer_api.inbox.lists import ListFilter, Lists
from producer_api.inbox.marks import Marks
from producer_api.problems.documents import documented
from producer_api.routes.body import read_json, read_optional_json
from producer_api.routes.shapes import (
    ShownCounts,
    ShownList,
    ShownNotification,
    WantedMarks,
    WantedSweep,
)
from producer_api.routes.trace_context import TRACEPARENT, traceparent_of

_MARKS_LIMIT_BYTES = 4 * 1024
_SWEEP_BODY: dict[str, Any] = {
    "parameters": [TRACEPARENT],
    "requestBody": {
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/WantedSweep"}}},
    },
}
_REQUEST_BODY: dict[str, Any] = {
    "parameters": [TRACEPARENT],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/WantedMarks"}}},
    },
}


def users_router(lists: Lists, marking: Marking, erasing: Erasing, bearer: Bearer) -> APIRouter:
    """The routes under /v1/users/{user_id}/notifications; `me` is the bearer."""
    router = APIRouter(prefix="/v1/users/{user_id}/notifications", tags=["inbox"])
    anyone = Depends(bearer.anyone)

    @router.get(
        "",
        summary="A user's list, newest first",
        response_model=ShownList,
        responses=documented(422),
    )
    async def show(
        user_id: str,
        identity: Annotated[Identity, anyone],
        status: Annotated[
            ListFilter,
            Query(description="`all` is the feed; archived ones are only in `archived`."),
        ] = ListFilter.ALL,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        cursor: Annotated[
            str | None, Query(description="`next_cursor` of the page before.")
        ] = None,
    ) -> Response:
        """Expired and superseded notifications are not listed."""
        reader, now = reader_of(identity, user_id), datetime.now(UTC)
        after = from_cursor(cursor) if cursor is not None else None
        page, counts = await lists.inbox(reader, status, now=now, after=after, limit=limit)
        shown = {
            "items": [public(item) for item in page.items],
            "next_cursor": to_cursor(page.last_id) if page.last_id is not None else None,
            **_shown(counts),
        }
        return _json(orjson.dumps(shown))

    @router.patch(
        "/{notification_id}",
        summary="Mark one as read, unread, seen, archived or not archived",
        response_model=ShownNotification,
        responses=documented(404, "outcome-unknown"),
        openapi_extra=_REQUEST_BODY,
    )
    async def mark(
        user_id: str,
        notification_id: str,
        request: Request,
        identity: Annotated[Identity, anyone],
    ) -> Response:
        """Repeating it changes nothing: the first `read_at`, `seen_at`, `archived_at` stay."""
        owner = owner_of(identity, user_id)
        wanted = await read_json(request, WantedMarks, _MARKS_LIMIT_BYTES)
        marks = Marks(wanted.read, wanted.seen, wanted.archived)
        document = await marking.mark(
            owner, notification_id, marks, traceparent=traceparent_of(request)
        )
        if document is None:
            raise HTTPException(404)
        return _json(public_json(document))

    async def mark_all(
        user_id: str, request: Request, identity: Identity, marks: Marks
    ) -> Response:
        owner = owner_of(identity, user_id)
        up_to = (await read_optional_json(request, WantedSweep, _MARKS_LIMIT_BYTES)).up_to
        traceparent = traceparent_of(request)
        counts = await marking.mark_all(owner, marks, up_to=up_to, traceparent=traceparent)
        return _json(orjson.dumps(_shown(counts)))

    @router.post(
        "/read",
        summary="Mark all as read",
        response_model=ShownCounts,
        responses=documented(422, "outcome-unknown"),
        openapi_extra=_SWEEP_BODY,
    )
    async def mark_all_read(
        user_id: str, request: Request, identity: Annotated[Identity, anyone]
    ) -> Response:
        """In one request, whatever their number. Answers the counts after it."""
        return await mark_all(user_id, request, identity, Marks(read=True))

    @router.post(
        "/seen",
        summary="Mark all as seen",
        response_model=ShownCounts,
        responses=documented(422, "outcome-unknown"),
        openapi_extra=_SWEEP_BODY,
    )
    async def mark_all_seen(
        user_id: str, request: Request, identity: Annotated[Identity, anyone]
    ) -> Response:
        """As a client does when the inbox is opened. Answers the counts after it."""
        return await mark_all(user_id, request, identity, Marks(seen=True))

    @router.delete(
        "",
        status_code=HTTPStatus.NO_CONTENT,
        response_class=Response,  # what has no content is not of a type
        summary="Erase all that there is of a user",
        responses=documented(422, "outcome-unknown"),
        openapi_extra={"parameters": [TRACEPARENT]},
    )
    async def erase(
        user_id: str, request: Request, identity: Annotated[Identity, Depends(bearer.service)]
    ) -> None:
        """Their notifications are gone when this answers, clients empty their lists, and
        `notification.erased` is published. Repeating it is safe, also after an answer was lost.
        """
        await erasing.erase(reader_of(identity, user_id), traceparent=traceparent_of(request))

    return router


def _shown(counts: Counts) -> dict[str, int]:
    return {"unread_count": counts.unread_count, "unseen_count": counts.unseen_count}


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")
