"""The token with which the console calls the producer API and the instances."""

import time

import jwt
from pydantic import SecretStr

from deploy.console.settings import ConsoleSettings
from producer_api.contract.token_verifier import READ_SCOPE

#: The claim `use` of a token that the console signs for the instances' `/status`. The console
#: itself admits nobody with such a token.
STATUS_USE = "status"
_LIFETIME_SECONDS = 600
_RENEW_SECONDS = 300


class OwnToken:
    """Owns the token: the given one, or a token with these scopes that the console signs."""

    def __init__(
        self,
        settings: ConsoleSettings,
        given: SecretStr | None,
        *scopes: str,
        use: str | None = None,
    ) -> None:
        """Sign tokens with the claim `use`, if it is not None."""
        secret = settings.auth_jwt_secret
        self._given = given.get_secret_value() if given else None
        self._secret = secret.get_secret_value() if secret else ""
        self._audience, self._issuer = settings.auth_jwt_audience, settings.auth_jwt_issuer
        self._scope, self._use = " ".join(scopes), use
        self._signed, self._renew_at = "", 0.0

    def __call__(self) -> str:
        """Return the token. One that the console signed is valid for at least five more minutes."""
        if self._given is not None:
            return self._given
        now = time.time()
        if now >= self._renew_at:
            claims = {
                "sub": "console",
                "scope": self._scope,
                "use": self._use,
                "iat": int(now),
                "exp": int(now) + _LIFETIME_SECONDS,
                "aud": self._audience,
                "iss": self._issuer,
            }
            present = {name: value for name, value in claims.items() if value is not None}
            self._signed = jwt.encode(present, self._secret, algorithm="HS256")
            self._renew_at = now + _RENEW_SECONDS
        return self._signed


def status_token(settings: ConsoleSettings) -> OwnToken:
    """Return the token for the instances' `/status`.

    Members of delivery's group announce the addresses that get this token. A rogue member could
    collect it, so it must not allow writing, and the console must not admit its bearer.
    """
    return OwnToken(settings, settings.status_token, READ_SCOPE, use=STATUS_USE)
