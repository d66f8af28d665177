"""Decides who may use the console: bearers of valid tokens with the scope `notifications:read`."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import jwt
from fastapi import Request

from deploy.console.own_token import STATUS_USE
from deploy.console.problems import ProblemError
from producer_api.contract.revocations import Revocations
from producer_api.contract.token_errors import TokenRefusedError, TokenUndecidedError
from producer_api.contract.token_verifier import (
    READ_SCOPE,
    REPEAT_SCOPE,
    WRITE_SCOPE,
    Identity,
    TokenVerifier,
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """The caller who makes a request."""

    identity: Identity
    is_demo: bool
    """Whether the token's claim `demo` says that the token was issued for a demonstration."""

    @property
    def may_repeat(self) -> bool:
        """Whether the visitor may push notifications again, and replay dead letters."""
        return not self.identity.scopes.isdisjoint((REPEAT_SCOPE, WRITE_SCOPE))

    def check_may_repeat(self) -> None:
        """Raise `ProblemError` unless the token allows repetitions."""
        if not self.may_repeat:
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                f"to apply this, the token must also have the scope {REPEAT_SCOPE}; "
                "without `apply`, this only says what would be repeated",
            )


class Access:
    """A FastAPI dependency that verifies the caller before a handler runs."""

    def __init__(self, verifier: TokenVerifier, revocations: Revocations) -> None:
        self._verifier = verifier
        self._revocations = revocations

    async def __call__(self, request: Request) -> Visitor:
        """Return the caller. Raises `ProblemError`."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthenticated("the header `Authorization: Bearer <token>` is missing", "")
        try:
            identity = await self._verifier.verify(token.strip())
            self._revocations.check(identity)
        except TokenRefusedError as error:
            raise _unauthenticated(str(error), ', error="invalid_token"') from error
        except TokenUndecidedError as error:
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, str(error)) from error
        if READ_SCOPE not in identity.scopes:
            raise ProblemError(HTTPStatus.FORBIDDEN, f"the token must have the scope {READ_SCOPE}")
        claims = _claims(token.strip())
        # The console sends such a token to every address that a member of the group announces. A
        # rogue member could collect it, and would read contents here.
        if claims.get("use") == STATUS_USE:
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                "the token's claim `use` says that it is only for the instances' /status; use a "
                "token that was issued to you",
            )
        return Visitor(identity, claims.get("demo") is True)


def _claims(verified_token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(verified_token, options={"verify_signature": False})
    return claims


def _unauthenticated(detail: str, error: str) -> ProblemError:
    challenge = {"WWW-Authenticate": f'Bearer realm="console"{error}'}
    return ProblemError(HTTPStatus.UNAUTHORIZED, detail, challenge)
