"""Errors in reading a request's body. Other errors are defined in the modules that raise them."""

from producer_api.problems.fields import FieldError


class BodyRefusedError(Exception):
    """The body is too large, has a wrong media type, or does not match the model.

    `slug` names the type of problem. The message becomes the `detail`, unless `errors` names
    fields. `accept_encoding` names the content codings that the caller may use instead.
    """

    def __init__(
        self,
        slug: str,
        detail: str,
        errors: list[FieldError] | None = None,
        accept_encoding: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.slug = slug
        self.errors = errors
        self.accept_encoding = accept_encoding


class BodyTooSlowError(Exception):
    """The body did not arrive in time. The message names the limit."""
