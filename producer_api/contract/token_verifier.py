"""Verifies JWTs that are signed with a shared secret (HS256) or with an issuer's keys (JWKS)."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jwt

from producer_api.contract.jwks import ALGORITHMS, IssuerKeys
from producer_api.contract.notification import BEARER, USER_ID_CHARACTERS
from producer_api.contract.settings import SharedSettings
from producer_api.contract.token_errors import RefusalCode, TokenRefusedError
from producer_api.contract.token_times import LEEWAY_SECONDS, BadTimeError, TokenTimes, read_times

WRITE_SCOPE = "notifications:write"
#: The scope of programs that only read the state of a delivery instance, without contents.
READ_SCOPE = "notifications:read"
#: The scope of people who may push existing notifications again in the machine room, and no more.
REPEAT_SCOPE = "notifications:repeat"
#: In characters. A longer token is refused without being parsed. Real tokens are far shorter.
_LONGEST_TOKEN = 16 * 1024
_LONGEST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified bearer: a shopper (`subject` is the user id), or a service with scopes."""

    subject: str
    scopes: frozenset[str]
    accepted_until: float
    """Unix time in seconds: the token's `exp` plus the leeway."""
    issued_at: float | None = None
    """Unix time in seconds: the token's `iat`. None if it has none."""

    @property
    def is_service(self) -> bool:
        """Whether the bearer may create notifications, and read the status of any notification."""
        return WRITE_SCOPE in self.scopes

    @property
    def may_monitor(self) -> bool:
        """Whether the bearer may see the pipeline's status: a service, or a read-only bearer."""
        return self.is_service or READ_SCOPE in self.scopes


class TokenVerifier:
    """Verifies tokens. Each key works with one algorithm only."""

    def __init__(self, settings: SharedSettings) -> None:
        self._secrets = settings.jwt_secrets
        self._max_age = settings.auth_max_token_age_seconds
        self._issuer_keys = IssuerKeys(settings.auth_jwks_url) if settings.auth_jwks_url else None
        self._audience = settings.auth_jwt_audience
        self._issuer = settings.auth_jwt_issuer

    async def verify(self, token: str) -> Identity:
        """Return the bearer's identity. Raises `TokenRefusedError` or `TokenUndecidedError`."""
        if len(token) > _LONGEST_TOKEN:
            raise TokenRefusedError(f"the token has more than {_LONGEST_TOKEN} characters")
        try:
            header = jwt.get_unverified_header(token)
            algorithm = header.get("alg")
            keys = await self._keys(algorithm, header.get("kid"))
            claims = self._claims(token, str(algorithm), keys)
            times = read_times(claims, time.time(), self._max_age)
        except jwt.MissingRequiredClaimError as error:
            raise TokenRefusedError(f"the token lacks the claim {error.claim!r}") from error
        except BadTimeError as error:
            raise TokenRefusedError(str(error), error.code) from error
        except (jwt.PyJWTError, UnicodeError) as error:  # UnicodeError: a lone surrogate
            is_signature = isinstance(error, jwt.InvalidSignatureError)
            code = RefusalCode.NOT_VERIFIED if is_signature else RefusalCode.INVALID
            message = f"the token is not valid: {_shown(str(error))}"
            raise TokenRefusedError(message, code) from error
        return _identity(claims, times)

    async def _keys(self, algorithm: object, key_id: str | None) -> Sequence[Any]:
        if algorithm == "HS256" and self._secrets:
            return self._secrets
        if algorithm in ALGORITHMS and self._issuer_keys is not None:
            key = await self._issuer_keys.find(key_id, str(algorithm))
            if key is None:
                message = "the token is signed with a key that its issuer lacks"
                raise TokenRefusedError(message, RefusalCode.NOT_VERIFIED)
            return [key]
        raise TokenRefusedError(f"tokens signed with {_shown(repr(algorithm))} are not accepted")

    def _claims(self, token: str, algorithm: str, keys: Sequence[Any]) -> dict[str, Any]:
        """Return the claims, verified with one of the keys. `read_times` checks the times."""
        *earlier, last = keys
        for key in earlier:
            try:
                return self._decoded(token, algorithm, key)
            except jwt.InvalidSignatureError:
                continue
        return self._decoded(token, algorithm, last)

    def _decoded(self, token: str, algorithm: str, key: Any) -> dict[str, Any]:
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=self._audience,
            issuer=self._issuer,
            options={
                "require": ["exp", "sub"],
                "verify_aud": self._audience is not None,
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )

    async def close(self) -> None:
        """Close the connections to the issuer."""
        if self._issuer_keys is not None:
            await self._issuer_keys.close()


def _identity(claims: dict[str, Any], times: TokenTimes) -> Identity:
    subject, scope = claims["sub"], claims.get("scope", "")
    if not subject or not _is_text(subject):
        raise TokenRefusedError("the token's subject is empty or not a text")
    if len(subject) > USER_ID_CHARACTERS:
        raise TokenRefusedError(
            f"the token's subject has more than {USER_ID_CHARACTERS} characters"
        )
    if subject == BEARER:
        raise TokenRefusedError(f"the token's subject is {BEARER!r}, which is not a user id")
    if not isinstance(scope, str):
        raise TokenRefusedError("the token's scope is not a space-separated text")
    accepted_until = times.expires_at + LEEWAY_SECONDS
    return Identity(subject, frozenset(scope.split()), accepted_until, times.issued_at)


def _shown(text: str) -> str:
    """Return the text as short ASCII, to be shown in an answer. A caller may have chosen it."""
    # The text may have a lone surrogate, which cannot be encoded as UTF-8.
    plain = text.encode("ascii", "backslashreplace").decode()
    return plain if len(plain) <= _LONGEST_SHOWN else f"{plain[:_LONGEST_SHOWN]}..."


def _is_text(subject: str) -> bool:
    try:  # JSON allows lone surrogates, which MongoDB cannot store
        subject.encode()
    except UnicodeEncodeError:
        return False
    return True
