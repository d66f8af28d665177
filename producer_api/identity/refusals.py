"""Why a caller is turned away; the messages are for the caller."""


class UnauthenticatedError(Exception):
    """No token, or one that does not let its bearer in."""

    def __init__(self, message: str, *, given: bool) -> None:
        super().__init__(message)
        self.given = given
        """Whether there was a token at all."""


class ForbiddenError(Exception):
    """The caller is known, and may not do this."""
