"""The bearer token of a request, as FastAPI dependencies: a bad one never reaches a handler."""

from typing import Annotated, Any

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from producer_api.contract.tokens import WRITE_SCOPE, Identity, TokenRefusedError
from producer_api.identity.rate_limits import RateLimitedError, RateLimits
from producer_api.identity.refusals import ForbiddenError, UnauthenticatedError
from producer_api.identity.verified import VerifiedTokens

_scheme = HTTPBearer(
    auto_error=False,
    bearerFormat="JWT",
    description="A shopper's token (`sub` is the user id), or a service's with the scope "
    "`notifications:write`.",
)
#: What such a handler's `openapi_extra` says.
SERVICE_SECURITY: dict[str, Any] = {"security": [{_scheme.scheme_name: [WRITE_SCOPE]}]}
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_scheme)]
_ServiceCredentials = Annotated[
    HTTPAuthorizationCredentials | None, Security(_scheme, scopes=[WRITE_SCOPE])
]


class Bearer:
    """Dependencies that answer the verified caller of a request.

    They raise `UnauthenticatedError`, `ForbiddenError`, `RateLimitedError`, and
    `KeyUnavailableError` where the token can be neither accepted nor refused now.
    """

    def __init__(self, tokens: VerifiedTokens, limits: RateLimits) -> None:
        self._tokens = tokens
        self._limits = limits

    async def anyone(self, request: Request, credentials: _Credentials) -> Identity:
        """Whoever has a valid token."""
        if credentials is None:
            given = "authorization" in request.headers
            raise UnauthenticatedError("expected `Authorization: Bearer <token>`", given=given)
        try:
            identity = await self._tokens.verify(credentials.credentials)
        except TokenRefusedError as error:
            raise UnauthenticatedError(str(error), given=True) from error
        allowance = await self._limits.spend(identity)
        if allowance is not None:
            request.state.allowance = allowance  # for the answer's header fields
            if allowance.exceeded:
                raise RateLimitedError(allowance)
        return identity

    async def service_of(self, request: Request) -> Identity:
        """The same as `service`, for handlers that ask themselves: FastAPI takes longer over a
        dependency than they take over all else. They say so in their `openapi_extra`.
        """
        return await self.service(request, await _scheme(request))

    async def service(self, request: Request, credentials: _ServiceCredentials) -> Identity:
        """A service."""
        identity = await self.anyone(request, credentials)
        if not identity.is_service:
            raise ForbiddenError(f"this needs a token with the scope {WRITE_SCOPE}")
        return identity
