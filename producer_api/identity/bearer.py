"""Authentication: FastAPI dependencies that verify the bearer token before a handler runs."""

from typing import Annotated, Any

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from producer_api.contract.token_verifier import WRITE_SCOPE, Identity, TokenRefusedError
from producer_api.identity.errors import ForbiddenError, UnauthenticatedError
from producer_api.identity.rate_limits import RateLimitedError, RateLimits
from producer_api.identity.token_cache import TokenCache

_scheme = HTTPBearer(
    auto_error=False,
    bearerFormat="JWT",
    description="A shopper's token (`sub` is the user id), or a service's token with the scope "
    "`notifications:write`.",
)
#: For the `openapi_extra` of handlers that call `Bearer.service_of`.
SERVICE_SECURITY: dict[str, Any] = {"security": [{_scheme.scheme_name: [WRITE_SCOPE]}]}
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_scheme)]
_ServiceCredentials = Annotated[
    HTTPAuthorizationCredentials | None, Security(_scheme, scopes=[WRITE_SCOPE])
]


class Bearer:
    """Dependencies that return the verified caller of a request, and count it for rate limits.

    They raise `UnauthenticatedError`, `ForbiddenError` or `RateLimitedError`; or
    `KeyUnavailableError` if the issuer's keys cannot be had, so the token cannot be verified now.
    """

    def __init__(self, tokens: TokenCache, limits: RateLimits) -> None:
        self._tokens = tokens
        self._limits = limits

    async def anyone(self, request: Request, credentials: _Credentials) -> Identity:
        """Return the bearer of any valid token."""
        if credentials is None:
            given = "authorization" in request.headers
            raise UnauthenticatedError(
                "the header `Authorization: Bearer <token>` is missing or malformed", given=given
            )
        try:
            identity = await self._tokens.verify(credentials.credentials)
        except TokenRefusedError as error:
            raise UnauthenticatedError(str(error), given=True) from error
        # Count after the verification: a forged token must not use up a shopper's limit.
        allowance = await self._limits.spend(identity)
        if allowance is not None:
            request.state.allowance = allowance  # for middleware/response_headers.py
            if allowance.exceeded:
                raise RateLimitedError(allowance)
        return identity

    async def service_of(self, request: Request) -> Identity:
        """Return the service that calls, for handlers on the hot path that call this themselves.

        FastAPI's resolution of a dependency takes longer than all else in such a handler. The
        handler adds `SERVICE_SECURITY` to its `openapi_extra` instead.
        """
        return await self.service(request, await _scheme(request))

    async def service(self, request: Request, credentials: _ServiceCredentials) -> Identity:
        """Return the bearer of a token with the scope of services."""
        identity = await self.anyone(request, credentials)
        if not identity.is_service:
            raise ForbiddenError(f"the token must have the scope {WRITE_SCOPE}")
        return identity
