"""POST /v1/users/{user_id}/sessions/revoke: services end the sessions of a user."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from producer_api.contract.token_verifier import Identity
from producer_api.identity.access import user_to_manage
from producer_api.identity.bearer import Bearer
from producer_api.identity.session_ending import SessionEnding
from producer_api.problems.documents import documented


def sessions_router(ending: SessionEnding, bearer: Bearer) -> APIRouter:
    """Return the route that ends a user's sessions."""
    router = APIRouter(prefix="/v1/users/{user_id}/sessions", tags=["sessions"])

    @router.post(
        "/revoke",
        status_code=HTTPStatus.NO_CONTENT,
        response_class=Response,  # no content, so no media type in the OpenAPI document
        summary="End all sessions of a user",
        responses=documented(422),
    )
    async def revoke_sessions(
        user_id: str, identity: Annotated[Identity, Depends(bearer.service)]
    ) -> None:
        """A 204 means that tokens issued before it are refused. It takes up to a second.

        Within two seconds, the user's sockets end, and every process refuses these tokens. A token
        without an `iat` counts as issued before. Tokens issued after the 204 are accepted. The
        rule applies to every token whose `sub` is this user, whatever its scope. Repeating the
        request is safe, for instance after a lost response.
        """
        await ending.end(user_to_manage(user_id), identity.subject)

    return router
