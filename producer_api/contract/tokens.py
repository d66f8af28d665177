"""Who a caller is: JWTs signed with the shared secret (HS256) or by an issuer's keys (JWKS)."""

import sys
from dataclasses import dataclass
from typing import Any

import jwt

from producer_api.contract.jwks import ALGORITHMS, IssuerKeys
from producer_api.contract.notification import USER_ID_CHARACTERS
from producer_api.contract.settings import SharedSettings

#: How long a token is taken beyond its `exp`, for clocks that differ.
LEEWAY_SECONDS = 30
WRITE_SCOPE = "notifications:write"
#: Refused before anything is done with it; far beyond what issuers make.
_LONGEST_TOKEN = 16 * 1024


class TokenRefusedError(Exception):
    """The token does not let its bearer in; the message says why, in words fit for the caller."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified bearer: a shopper (`subject` is the user id), or a service with scopes."""

    subject: str
    scopes: frozenset[str]
    accepted_until: float
    """When the token begins to be refused: its `exp` and the leeway; in Unix seconds."""

    @property
    def is_service(self) -> bool:
        """Whether it may create notifications and read their state."""
        return WRITE_SCOPE in self.scopes


class TokenVerifier:
    """Verifies tokens. Each algorithm has one kind of key, so none can be confused for another."""

    def __init__(self, settings: SharedSettings) -> None:
        secret = settings.auth_jwt_secret
        self._secret = secret.get_secret_value() if secret else None
        self._issuer_keys = IssuerKeys(settings.auth_jwks_url) if settings.auth_jwks_url else None
        self._audience = settings.auth_jwt_audience
        self._issuer = settings.auth_jwt_issuer

    async def verify(self, token: str) -> Identity:
        """Who the bearer is. Raises `TokenRefusedError`, or `KeyUnavailableError`."""
        if len(token) > _LONGEST_TOKEN:
            raise TokenRefusedError(f"the token has over {_LONGEST_TOKEN} characters")
        try:
            header = jwt.get_unverified_header(token)
            algorithm = header.get("alg")
            key = await self._key(algorithm, header.get("kid"))
            claims = jwt.decode(
                token,
                key,
                algorithms=[str(algorithm)],
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "sub"], "verify_aud": self._audience is not None},
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenRefusedError("the token has expired") from error
        except jwt.MissingRequiredClaimError as error:
            raise TokenRefusedError(f"the token lacks the claim {error.claim!r}") from error
        except (jwt.PyJWTError, OverflowError, UnicodeError) as error:
            # Overflow is an `exp` beyond all numbers; JSON can spell halves of characters.
            raise TokenRefusedError(f"the token is not valid: {error}") from error
        return _identity(claims)

    async def _key(self, algorithm: object, key_id: str | None) -> Any:
        if algorithm == "HS256" and self._secret is not None:
            return self._secret
        if algorithm in ALGORITHMS and self._issuer_keys is not None:
            key = await self._issuer_keys.find(key_id, str(algorithm))
            if key is None:
                raise TokenRefusedError("the token is signed with a key that its issuer lacks")
            return key
        raise TokenRefusedError(f"tokens signed with {algorithm!r} are not accepted")

    async def close(self) -> None:
        """End the connections to the issuer."""
        if self._issuer_keys is not None:
            await self._issuer_keys.close()


def _identity(claims: dict[str, Any]) -> Identity:
    subject, scope = claims["sub"], claims.get("scope", "")
    if not subject or not _is_text(subject):
        raise TokenRefusedError("the token's subject is empty, or no text")
    if len(subject) > USER_ID_CHARACTERS:
        raise TokenRefusedError(f"the token's subject has over {USER_ID_CHARACTERS} characters")
    if not isinstance(scope, str):
        raise TokenRefusedError("the token's scope is not a space-separated text")
    if isinstance(claims["exp"], str):  # which PyJWT takes, if it has digits only
        raise TokenRefusedError("the token's exp is no number")
    # `exp` was compared as a whole number; one beyond what a float holds never comes.
    expires_at = float(min(int(claims["exp"]), sys.maxsize))
    return Identity(subject, frozenset(scope.split()), expires_at + LEEWAY_SECONDS)


def _is_text(subject: str) -> bool:
    try:  # JSON can spell halves of characters, which nothing can store
        subject.encode()
    except UnicodeEncodeError:
        return False
    return True
