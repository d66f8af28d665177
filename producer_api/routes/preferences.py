"""GET and PUT /v1/users/{user_id}/preferences: which categories are muted, and quiet hours."""

from collections.abc import Sequence
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from producer_api.contract.preferences import QuietHours
from producer_api.contract.token_verifier import Identity
from producer_api.identity.access import user_to_read
from producer_api.identity.bearer import Bearer
from producer_api.preferences.preference_store import PreferenceStore
from producer_api.problems.body_errors import BodyRefusedError
from producer_api.problems.documents import documented
from producer_api.problems.fields import FieldError, bounded
from producer_api.requests.json_body import read_json
from producer_api.routes.body_documents import json_body
from producer_api.routes.preference_shapes import ShownPreferences, WantedPreferences

_LIMIT_BYTES = 64 * 1024


def preferences_router(
    preferences: PreferenceStore, always: Sequence[str], bearer: Bearer
) -> APIRouter:
    """Return the routes of a user's preferences. Nobody can mute the categories `always`."""
    router = APIRouter(prefix="/v1/users/{user_id}/preferences", tags=["preferences"])
    anyone = Depends(bearer.anyone)

    def shown(muted: Sequence[str], quiet_hours: QuietHours | None) -> Response:
        # Leave out categories that were added to `always` after the user had muted them.
        answer: dict[str, Any] = {
            "muted": [category for category in muted if category not in always],
            "quiet_hours": quiet_hours,
            "always": always,
        }
        return Response(orjson.dumps(answer), media_type="application/json")

    @router.get(
        "",
        summary="Show a user's preferences",
        response_model=ShownPreferences,
        responses=documented(422),
    )
    async def show_preferences(user_id: str, identity: Annotated[Identity, anyone]) -> Response:
        """A user who has none stored has the defaults: nothing muted, and no quiet hours."""
        return shown(*await preferences.of(user_to_read(identity, user_id)))

    @router.put(
        "",
        summary="Replace a user's preferences",
        response_model=ShownPreferences,
        responses=documented(422),
        openapi_extra={"requestBody": json_body("WantedPreferences", _LIMIT_BYTES, required=True)},
    )
    async def replace_preferences(
        user_id: str, request: Request, identity: Annotated[Identity, anyone]
    ) -> Response:
        """Applies to every notification whose create begins after the answer.

        A notification of a muted category gets the status `muted`. Repeating the request is safe.
        """
        user = user_to_read(identity, user_id)
        body = await read_json(request, WantedPreferences, _LIMIT_BYTES)
        _check_mutable(body.muted, always)
        muted = sorted(set(body.muted))
        quiet_hours = body.quiet_hours.stored() if body.quiet_hours is not None else None
        await preferences.replace(user, muted, quiet_hours)
        return shown(muted, quiet_hours)

    return router


def _check_mutable(muted: Sequence[str], always: Sequence[str]) -> None:
    errors = [
        FieldError(
            field=f"muted.{index}",
            message=f"{category!r} cannot be muted: the shop always sends {', '.join(always)}",
        )
        for index, category in enumerate(muted)
        if category in always
    ]
    if errors:
        raise BodyRefusedError("invalid", "the body is not valid", bounded(errors, len(errors)))
