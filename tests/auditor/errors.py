"""Why there is no verdict."""


class CannotAuditError(Exception):
    """Something that the judge needs cannot be read; the message says what, and why."""
