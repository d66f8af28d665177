"""Which user a path names, and whether the caller may access that user's notifications."""

from urllib.parse import unquote_to_bytes

from producer_api.contract.notification import USER_ID_CHARACTERS
from producer_api.contract.token_verifier import Identity
from producer_api.identity.errors import ForbiddenError


class BadUserIdError(ValueError):
    """The path segment cannot be a user id. The message says why."""


def user_to_read(identity: Identity, segment: str) -> str:
    """Return the user named by the path, if the caller may read that user's list.

    A shopper may read their own list, and a service any list. `segment` is the encoded part of
    the URL; `me` means the bearer of the token. Raises `BadUserIdError` or `ForbiddenError`.
    """
    user_id = _user_id(identity, segment)
    if user_id != identity.subject and not identity.is_service:
        raise ForbiddenError("a shopper can read only their own notifications")
    return user_id


def user_to_mark(identity: Identity, segment: str) -> str:
    """Return the user named by the path, if the caller is that shopper.

    Services and other shoppers may not mark anything. Raises `BadUserIdError` or `ForbiddenError`.
    """
    user_id = _user_id(identity, segment)
    if identity.is_service or user_id != identity.subject:
        raise ForbiddenError("only the shopper can mark their own notifications")
    return user_id


def _user_id(identity: Identity, segment: str) -> str:
    if segment == "me":
        return identity.subject
    try:
        user_id = unquote_to_bytes(segment.encode("latin-1")).decode()
    except UnicodeError as error:
        raise BadUserIdError("must be percent-encoded UTF-8") from error
    if len(user_id) > USER_ID_CHARACTERS:
        raise BadUserIdError(f"must have at most {USER_ID_CHARACTERS} characters")
    return user_id
