"""Authentication: FastAPI dependencies that verify the bearer token before a handler runs."""

from typing import Annotated, Any

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from producer_api.contract.token_errors import TokenRefusedError
from producer_api.contract.token_verifier import WRITE_SCOPE, Identity
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
    """FastAPI dependencies that verify the caller of a request, and apply the rate limits.

    They raise `UnauthenticatedError`, `ForbiddenError` or `RateLimitedError`. They raise
    `TokenUndecidedError` if the token can be neither accepted nor refused now.
    """

    def __init__(self, tokens: TokenCache, limits: RateLimits) -> None:
        self._tokens = tokens
        self._limits = limits

    async def anyone(self, request: Request, credentials: _Credentials) -> Identity:
        """Return the bearer of any valid token."""
        return await self._verified(request, credentials.credentials if credentials else None)

    async def _verified(self, request: Request, token: str | None) -> Identity:
        if token is None:
            has_header = "authorization" in request.headers
            raise UnauthenticatedError(
                "the header `Authorization: Bearer <token>` is missing or malformed",
                has_header=has_header,
            )
        try:
            identity = await self._tokens.verify(token)
        except TokenRefusedError as error:
            raise UnauthenticatedError(str(error), has_header=True) from error
        # Count after the verification: a forged token must not use up a shopper's limit.
        allowance = self._limits.spend(identity)
        if allowance is not None:
            request.state.allowance = allowance  # middleware/response.py reads it
            if allowance.exceeded:
                raise RateLimitedError(allowance)
        return identity

    def count_bytes(self, request: Request, service: Identity, count: int) -> None:
        """Count the bytes of a body. Call this before the costly work on the body."""
        allowance = self._limits.spend_bytes(service, count)
        if allowance is not None and allowance.exceeded:
            request.state.allowance = allowance
            raise RateLimitedError(allowance)

    async def service_of(self, request: Request) -> Identity:
        """Return the calling service. Handlers on the hot path call this directly.

        FastAPI would take longer to resolve the dependency than the rest of such a handler takes.
        These handlers declare the required scope with `SERVICE_SECURITY` in their `openapi_extra`.
        """
        return _service(await self._verified(request, _token_of(request)))

    async def service(self, request: Request, credentials: _ServiceCredentials) -> Identity:
        """Return the bearer of a token that has the services' scope."""
        return _service(await self.anyone(request, credentials))


def _token_of(request: Request) -> str | None:
    """Return the token of a request as `HTTPBearer` finds it."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return (token.strip() or None) if scheme.lower() == "bearer" else None


def _service(identity: Identity) -> Identity:
    if not identity.is_service:
        raise ForbiddenError(f"the token must have the scope {WRITE_SCOPE}")
    return identity
