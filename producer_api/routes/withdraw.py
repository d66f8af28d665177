"""DELETE /v1/notifications/{id} and POST /v1/notifications/withdraw: a shop takes one back."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from producer_api.contract.token_verifier import Identity
from producer_api.identity.bearer import Bearer
from producer_api.inbox.changes.withdrawing import Withdrawing
from producer_api.problems.documents import documented
from producer_api.requests.json_body import read_json
from producer_api.requests.trace_context import TRACEPARENT, traceparent_of
from producer_api.routes.body_documents import json_body
from producer_api.routes.shapes import WantedWithdrawal

_LIMIT_BYTES = 4 * 1024


def withdraw_router(withdrawing: Withdrawing, bearer: Bearer) -> APIRouter:
    """Return the routes that withdraw notifications."""
    router = APIRouter(prefix="/v1/notifications", tags=["notifications"])
    service = Depends(bearer.service)

    @router.delete(
        "/{notification_id}",
        status_code=HTTPStatus.NO_CONTENT,
        response_class=Response,  # no content, so no media type in the OpenAPI document
        summary="Withdraw a notification",
        responses=documented(404, "outcome-unknown"),
        openapi_extra={"parameters": [TRACEPARENT]},
    )
    async def withdraw(
        notification_id: str, request: Request, _: Annotated[Identity, service]
    ) -> None:
        """A 204 means that the notification is gone from lists, counts and what is owed.

        Connected clients remove it from the screen, and `notification.withdrawn` is published. What
        it superseded does not come back. Repeating the request is safe, for instance after a lost
        response.
        """
        traceparent = traceparent_of(request)
        if not await withdrawing.withdraw(notification_id, traceparent=traceparent):
            raise HTTPException(HTTPStatus.NOT_FOUND)

    @router.post(
        "/withdraw",
        status_code=HTTPStatus.NO_CONTENT,
        response_class=Response,
        summary="Withdraw the notification that stands under a collapse key",
        responses=documented(422, "outcome-unknown"),
        openapi_extra={
            "parameters": [TRACEPARENT],
            "requestBody": json_body("WantedWithdrawal", _LIMIT_BYTES, required=True),
        },
    )
    async def withdraw_standing(request: Request, _: Annotated[Identity, service]) -> None:
        """Does nothing if no notification of this user stands under the key.

        Otherwise does the same as withdrawing the notification by its id.
        """
        wanted = await read_json(request, WantedWithdrawal, _LIMIT_BYTES)
        await withdrawing.withdraw_standing(
            wanted.user_id, wanted.collapse_key, traceparent=traceparent_of(request)
        )

    return router
