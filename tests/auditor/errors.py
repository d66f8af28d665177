"""The error that leaves an audit without a verdict."""


class CannotAuditError(Exception):
    """A source that the audit needs cannot be read. The message says which source, and why."""
