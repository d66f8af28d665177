"""Why a token is not accepted, in words for people and as a code for programs."""

from enum import StrEnum


class RefusalCode(StrEnum):
    """Why a client is refused. Delivery sends it as `data.code` of a `connect_error`."""

    MISSING = "token_missing"
    INVALID = "token_invalid"
    """The token is malformed, or its claims are not the expected ones."""
    NOT_VERIFIED = "token_not_verified"
    """No known key verifies the signature. The secret or the issuer's keys may have changed."""
    EXPIRED = "token_expired"
    NOT_YET_VALID = "token_not_yet_valid"
    SESSIONS_ENDED = "sessions_ended"
    OTHER_USER = "other_user"
    UNAVAILABLE = "unavailable"
    """The token can be neither accepted nor refused now, or this process takes no clients now."""
    TOO_MANY_CONNECTS = "too_many_connects"

    @property
    def is_retryable(self) -> bool:
        """Whether the same client may be accepted later, perhaps with a new token."""
        return self not in (RefusalCode.MISSING, RefusalCode.INVALID, RefusalCode.OTHER_USER)


class TokenRefusedError(Exception):
    """The token is not accepted. The message says why, and may be shown to the caller."""

    def __init__(self, message: str, code: RefusalCode = RefusalCode.INVALID) -> None:
        super().__init__(message)
        self.code = code


class TokenUndecidedError(Exception):
    """The token can be neither accepted nor refused now. The message says why. Try again later."""

    code = RefusalCode.UNAVAILABLE
