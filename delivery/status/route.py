"""The HTTP route of the report, and who may read it."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from producer_api.contract.revocations import Revocations
from producer_api.contract.token_errors import TokenRefusedError, TokenUndecidedError
from producer_api.contract.token_verifier import READ_SCOPE, WRITE_SCOPE, TokenVerifier

_REALM = 'Bearer realm="notifications"'
_SLUGS = {
    HTTPStatus.UNAUTHORIZED: "unauthenticated",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
}


class StatusRoute:
    """Serves the report only to services and to bearers who may read the pipeline's status."""

    def __init__(
        self,
        verifier: TokenVerifier,
        revocations: Revocations,
        read: Callable[[], Awaitable[dict[str, Any]]],
    ) -> None:
        self._verifier = verifier
        self._revocations = revocations
        self._read = read
        self.route = Route("/status", self._serve)

    async def _serve(self, request: Request) -> Response:
        refusal = await self._refusal(request)
        if refusal is not None:
            return refusal
        return Response(
            orjson.dumps(await self._read()),
            headers={"Cache-Control": "no-store"},
            media_type="application/json",
        )

    async def _refusal(self, request: Request) -> Response | None:
        """Return the refusal if the caller may not read the report; otherwise None."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            message = "the header `Authorization: Bearer <token>` is missing or malformed"
            return _problem(request, HTTPStatus.UNAUTHORIZED, message, _REALM)
        try:
            identity = await self._verifier.verify(token.strip())
            self._revocations.check(identity)
        except TokenRefusedError as error:
            challenge = f'{_REALM}, error="invalid_token"'
            return _problem(request, HTTPStatus.UNAUTHORIZED, str(error), challenge)
        except TokenUndecidedError as error:
            return _problem(request, HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        if identity.may_monitor:
            return None
        message = f"the token must have the scope {READ_SCOPE} or {WRITE_SCOPE}"
        challenge = f'{_REALM}, error="insufficient_scope", scope="{READ_SCOPE}"'
        return _problem(request, HTTPStatus.FORBIDDEN, message, challenge)


def _problem(
    request: Request, status: HTTPStatus, detail: str, challenge: str | None = None
) -> Response:
    headers = {"WWW-Authenticate": challenge} if challenge else {"Retry-After": "2"}
    problem = {
        "type": f"urn:notifications:problem:{_SLUGS[status]}",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "instance": request.url.path,
    }
    return Response(orjson.dumps(problem), int(status), headers, "application/problem+json")
