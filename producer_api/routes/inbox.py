"""Routes under /v1/users/{user_id}/notifications: list, mark one, and erase all."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from producer_api.contract.notification import public, public_json
from producer_api.contract.token_verifier import Identity
from producer_api.identity.access import user_to_mark, user_to_read
from producer_api.identity.bearer import Bearer
from producer_api.inbox.changes.erasing import Erasing
from producer_api.inbox.changes.marking import Marking
from producer_api.inbox.counts.rules import ByCategory, Counts
from producer_api.inbox.cursor import from_cursor, to_cursor
from producer_api.inbox.lists import ListFilter, Lists, Page
from producer_api.inbox.marks import MarkChange
from producer_api.problems.documents import documented
from producer_api.requests.json_body import read_json
from producer_api.requests.trace_context import TRACEPARENT, traceparent_of
from producer_api.routes.body_documents import json_body
from producer_api.routes.category_parameters import (
    CountedCategories,
    ListedCategory,
    counted_categories,
)
from producer_api.routes.shapes import (
    ShownList,
    ShownNotification,
    WantedMarks,
)

_MARKS_LIMIT_BYTES = 4 * 1024


def inbox_router(
    lists: Lists,
    marking: Marking,
    erasing: Erasing,
    bearer: Bearer,
    clock: Callable[[], datetime],
) -> APIRouter:
    """Return the routes of a user's inbox. The user id `me` means the bearer of the token.

    The `clock` decides what has expired.
    """
    router = APIRouter(prefix="/v1/users/{user_id}/notifications", tags=["inbox"])
    anyone = Depends(bearer.anyone)

    @router.get(
        "",
        summary="List a user's notifications, newest first",
        response_model=ShownList,
        responses=documented(422),
    )
    async def show(
        user_id: str,
        identity: Annotated[Identity, anyone],
        status: Annotated[
            ListFilter,
            Query(description="Which notifications to list. Only `archived` lists archived ones."),
        ] = ListFilter.ALL,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        cursor: Annotated[
            str | None, Query(description="`next_cursor` of the previous page.")
        ] = None,
        category: ListedCategory = None,
        counts: CountedCategories = None,
    ) -> Response:
        """Does not list expired, superseded, muted or withdrawn notifications.

        The counts are those of the whole inbox, whatever is listed.
        """
        reader, now = user_to_read(identity, user_id), clock()
        after = from_cursor(cursor) if cursor is not None else None
        counted = counted_categories(counts)
        page, tally = await lists.inbox(
            reader,
            status,
            now=now,
            after=after,
            limit=limit,
            category=category,
            counted=counted,
        )
        return _json(_list_json(page, tally.counts, tally.of(counted) if counted else None))

    @router.patch(
        "/{notification_id}",
        summary="Mark a notification as read, unread, seen, archived or not archived",
        response_model=ShownNotification,
        responses=documented(404, "outcome-unknown"),
        openapi_extra=_openapi("WantedMarks"),
    )
    async def mark(
        user_id: str,
        notification_id: str,
        request: Request,
        identity: Annotated[Identity, anyone],
    ) -> Response:
        """A repeat changes nothing: the first `read_at`, `seen_at` and `archived_at` stay."""
        shopper = user_to_mark(identity, user_id)
        body = await read_json(request, WantedMarks, _MARKS_LIMIT_BYTES)
        marks = MarkChange(body.read, body.seen, body.archived)
        traceparent = traceparent_of(request)
        document = await marking.mark(shopper, notification_id, marks, traceparent=traceparent)
        if document is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return _json(public_json(document))

    @router.delete(
        "",
        status_code=HTTPStatus.NO_CONTENT,
        response_class=Response,  # no content, so no media type in the OpenAPI document
        summary="Erase all notifications of a user",
        responses=documented(422, "outcome-unknown"),
        openapi_extra={"parameters": [TRACEPARENT]},
    )
    async def erase(
        user_id: str, request: Request, identity: Annotated[Identity, Depends(bearer.service)]
    ) -> None:
        """A 204 means that the notifications are deleted.

        Connected clients empty their lists, and `notification.erased` is published. Repeating the
        request is safe, for instance after a lost response.
        """
        await erasing.erase(user_to_read(identity, user_id), traceparent=traceparent_of(request))

    return router


def _openapi(schema: str) -> dict[str, Any]:
    body = json_body(schema, _MARKS_LIMIT_BYTES, required=True)
    return {"parameters": [TRACEPARENT], "requestBody": body}


def _list_json(page: Page, counts: Counts, by_category: ByCategory | None) -> bytes:
    content: dict[str, Any] = {
        "items": [public(item) for item in page.items],
        "next_cursor": to_cursor(page.last_id) if page.last_id is not None else None,
        **_counts(counts),
    }
    if by_category is not None:
        content["by_category"] = {name: _counts(each) for name, each in by_category.items()}
    return orjson.dumps(content)


def _counts(counts: Counts) -> dict[str, int]:
    return {"unread_count": counts.unread_count, "unseen_count": counts.unseen_count}


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")
