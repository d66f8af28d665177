"""GET /v1/notifications and /v1/notifications/{id}: the delivery status, for services."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import AfterValidator
from starlette.exceptions import HTTPException

from producer_api.contract.notification import USER_ID_CHARACTERS, check_user_id, public
from producer_api.contract.token_verifier import Identity
from producer_api.identity.bearer import Bearer
from producer_api.inbox.cursor import from_cursor, to_cursor
from producer_api.inbox.delivery_status import DeliveryStatus, status_of
from producer_api.inbox.lists import Lists
from producer_api.inbox.notifications import Notifications
from producer_api.inbox.readable import check_readable
from producer_api.problems.documents import documented
from producer_api.routes.shapes import SentList, SentNotification


def delivery_status_router(
    lists: Lists, notifications: Notifications, bearer: Bearer, clock: Callable[[], datetime]
) -> APIRouter:
    """Return the routes that report the delivery status of notifications.

    The `clock` decides what has expired.
    """
    router = APIRouter(prefix="/v1/notifications", tags=["notifications"])
    service = Depends(bearer.service)

    @router.get(
        "",
        summary="List what was sent to a user, newest first, with its delivery status",
        response_model=SentList,
        responses=documented(422),
    )
    async def sent(
        _: Annotated[Identity, service],
        user_id: Annotated[
            str,
            Query(min_length=1, max_length=USER_ID_CHARACTERS),
            AfterValidator(check_user_id),
        ],
        status: Annotated[
            DeliveryStatus | None,
            Query(description="List only notifications with this status. Default: all."),
        ] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        cursor: Annotated[
            str | None, Query(description="`next_cursor` of the previous page.")
        ] = None,
    ) -> Response:
        """Includes expired, superseded and archived notifications.

        Does not include notifications that were erased, or deleted by retention.
        """
        now = clock()
        after = from_cursor(cursor) if cursor is not None else None
        page = await lists.sent(user_id, status, now=now, after=after, limit=limit)
        content = {
            "items": [{**public(item), "status": status_of(item, now)} for item in page.items],
            "next_cursor": to_cursor(page.last_id) if page.last_id is not None else None,
        }
        return Response(orjson.dumps(content), media_type="application/json")

    @router.get(
        "/{notification_id}",
        summary="Show one notification with its delivery status",
        response_model=SentNotification,
        responses=documented(404),
    )
    # Keep the function's name: it is the `operationId`, from which clients are generated.
    async def trace(notification_id: str, _: Annotated[Identity, service]) -> Response:
        """`status` says what became of the notification."""
        document = await notifications.find(notification_id)
        if document is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        check_readable(document)
        status = status_of(document, clock())
        content = orjson.dumps({**public(document), "status": status})
        return Response(content, media_type="application/json")

    return router
