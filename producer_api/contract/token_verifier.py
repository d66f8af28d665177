"""Verifies JWTs that are signed with a shared secret (HS256) or with an issuer's keys (JWKS)."""

import sys
from dataclasses import dataclass
from typing import Any

import jwt

from producer_api.contract.jwks import ALGORITHMS, IssuerKeys
from producer_api.contract.notification import USER_ID_CHARACTERS
from producer_api.contract.settings import SharedSettings

#: A token is accepted this long after its `exp`, because clocks differ.
LEEWAY_SECONDS = 30
WRITE_SCOPE = "notifications:write"
#: In characters. Longer tokens are refused without parsing. Real tokens are far shorter.
_LONGEST_TOKEN = 16 * 1024


class TokenRefusedError(Exception):
    """The token is not accepted. The message says why, and may be shown to the caller."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified bearer: a shopper (`subject` is the user id), or a service with scopes."""

    subject: str
    scopes: frozenset[str]
    accepted_until: float
    """Unix time in seconds: the token's `exp` plus the leeway."""

    @property
    def is_service(self) -> bool:
        """Whether the bearer may create notifications, and read the status of any notification."""
        return WRITE_SCOPE in self.scopes


class TokenVerifier:
    """Verifies tokens. Each key works with one algorithm only."""

    def __init__(self, settings: SharedSettings) -> None:
        secret = settings.auth_jwt_secret
        self._secret = secret.get_secret_value() if secret else None
        self._issuer_keys = IssuerKeys(settings.auth_jwks_url) if settings.auth_jwks_url else None
        self._audience = settings.auth_jwt_audience
        self._issuer = settings.auth_jwt_issuer

    async def verify(self, token: str) -> Identity:
        """Return the bearer's identity. Raises `TokenRefusedError` or `KeyUnavailableError`."""
        if len(token) > _LONGEST_TOKEN:
            raise TokenRefusedError(f"the token has more than {_LONGEST_TOKEN} characters")
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
            # OverflowError: a huge `exp`. UnicodeError: a lone surrogate, which JSON allows.
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
        """Close the connections to the issuer."""
        if self._issuer_keys is not None:
            await self._issuer_keys.close()


def _identity(claims: dict[str, Any]) -> Identity:
    subject, scope = claims["sub"], claims.get("scope", "")
    if not subject or not _is_text(subject):
        raise TokenRefusedError("the token's subject is empty or not a text")
    if len(subject) > USER_ID_CHARACTERS:
        raise TokenRefusedError(
            f"the token's subject has more than {USER_ID_CHARACTERS} characters"
        )
    if not isinstance(scope, str):
        raise TokenRefusedError("the token's scope is not a space-separated text")
    if isinstance(claims["exp"], str):  # PyJWT accepts a string of digits
        raise TokenRefusedError("the token's exp is not a number")
    # PyJWT compared `exp` as an integer. Cap it, because a huge integer does not fit a float.
    expires_at = float(min(int(claims["exp"]), sys.maxsize))
    return Identity(subject, frozenset(scope.split()), expires_at + LEEWAY_SECONDS)


def _is_text(subject: str) -> bool:
    try:  # JSON allows lone surrogates, which MongoDB cannot store
        subject.encode()
    except UnicodeEncodeError:
        return False
    return True
