"""Errors that neither accept nor refuse a token."""


class TokenUndecidedError(Exception):
    """Whether the token is accepted cannot be known now. The message says why. Try later."""
