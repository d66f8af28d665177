"""Errors that turn a caller away. The messages are for the caller."""


class UnauthenticatedError(Exception):
    """The request has no token, or one that is not accepted."""

    def __init__(self, message: str, *, given: bool) -> None:
        super().__init__(message)
        self.given = given
        """Whether the request had an `Authorization` header. Decides the challenge (RFC 6750)."""


class ForbiddenError(Exception):
    """The caller is known, but may not do this."""
