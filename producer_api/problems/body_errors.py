"""Errors that reading a request raises. The other errors come from the part that they concern."""

from producer_api.problems.fields import FieldError


class BodyRefusedError(Exception):
    """The body is too large, has another media type, or does not match what is expected here.

    `slug` names the type of problem. The message is the `detail`, unless `errors` lists fields.
    """

    def __init__(self, slug: str, detail: str, errors: list[FieldError] | None = None) -> None:
        super().__init__(detail)
        self.slug = slug
        self.errors = errors


class BodyTooSlowError(Exception):
    """The body did not arrive in time. The message names the limit."""
