"""Routes for Web Push: the public key, and the subscriptions of a shopper's browsers."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from producer_api.contract.token_verifier import Identity
from producer_api.identity.access import user_to_mark
from producer_api.identity.bearer import Bearer
from producer_api.inbox.push_subscriptions import PushSubscriptions, check_endpoint
from producer_api.problems.body_errors import BodyRefusedError
from producer_api.problems.documents import documented
from producer_api.problems.fields import FieldError
from producer_api.requests.json_body import read_json, read_optional_json
from producer_api.routes.body_documents import json_body
from producer_api.routes.push_shapes import EndedSubscription, ShownPushKey, WantedSubscription
from producer_api.settings import Settings

_LIMIT_BYTES = 4 * 1024


def push_router(subscriptions: PushSubscriptions, settings: Settings, bearer: Bearer) -> APIRouter:
    """Return the routes. The user id `me` means the bearer of the token."""
    router = APIRouter(prefix="/v1", tags=["web push"])
    anyone = Depends(bearer.anyone)

    @router.get(
        "/push-key",
        summary="Get the public key that browsers need to subscribe",
        response_model=ShownPushKey,
    )
    async def push_key(_identity: Annotated[Identity, anyone]) -> ShownPushKey:
        """Pass it to `pushManager.subscribe` as `applicationServerKey`."""
        return ShownPushKey(public_key=settings.producer_api_vapid_public_key)

    @router.post(
        "/users/{user_id}/push-subscriptions",
        status_code=HTTPStatus.NO_CONTENT,
        response_class=Response,  # no content, so no media type in the OpenAPI document
        summary="Tell a browser what its shopper misses, by Web Push",
        responses=documented(422),
        openapi_extra=_body("WantedSubscription"),
    )
    async def subscribe(
        user_id: str, request: Request, identity: Annotated[Identity, anyone]
    ) -> None:
        """The body is the browser's `PushSubscription`. A repeat replaces its keys.

        A shopper may have 20 browsers; with one more, the first is forgotten. If another shopper
        had subscribed in this browser, their subscription ends.
        """
        shopper = user_to_mark(identity, user_id)
        wanted = await read_json(request, WantedSubscription, _LIMIT_BYTES)
        loopback = settings.producer_api_push_allow_loopback
        try:
            check_endpoint(wanted.endpoint, allow_loopback=loopback)
        except ValueError as error:
            raise _invalid_endpoint(str(error)) from error
        keys = wanted.keys
        await subscriptions.subscribe(shopper, wanted.endpoint, keys.p256dh, keys.auth)

    @router.delete(
        "/users/{user_id}/push-subscriptions",
        status_code=HTTPStatus.NO_CONTENT,
        response_class=Response,
        summary="Send no more Web Push to a browser",
        responses=documented(422),
        openapi_extra=_body("EndedSubscription", required=False),
    )
    async def unsubscribe(
        user_id: str,
        request: Request,
        identity: Annotated[Identity, anyone],
        endpoint: Annotated[
            str | None,
            Query(max_length=2_048, description="Instead of a body."),
        ] = None,
    ) -> None:
        """Names the browser by its endpoint, in the body or in the query. Idempotent."""
        shopper = user_to_mark(identity, user_id)
        ended = await read_optional_json(request, EndedSubscription, _LIMIT_BYTES)
        named = ended.endpoint or endpoint
        if named is None:
            raise _invalid_endpoint("Field required, in the body or in the query")
        await subscriptions.unsubscribe(shopper, named)

    return router


def _body(schema: str, *, required: bool = True) -> dict[str, Any]:
    return {"requestBody": json_body(schema, _LIMIT_BYTES, required=required)}


def _invalid_endpoint(message: str) -> BodyRefusedError:
    errors = [FieldError(field="endpoint", message=message)]
    return BodyRefusedError("invalid", "the body is not valid", errors)
