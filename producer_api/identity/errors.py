"""Errors that refuse a caller. The caller sees their messages."""


class UnauthenticatedError(Exception):
    """The request has no token, or its token is not accepted."""

    def __init__(self, message: str, *, has_header: bool) -> None:
        super().__init__(message)
        self.has_header = has_header
        """Whether the request had an `Authorization` header. The 401 challenge depends on it."""


class ForbiddenError(Exception):
    """The caller is known, but may not do this."""
