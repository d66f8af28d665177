"""The error that leaves an audit without a verdict."""


class CannotAuditError(Exception):
    """A source that the audit needs cannot be read; the message says which one, and why."""
