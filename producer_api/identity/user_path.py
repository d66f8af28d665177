"""The user a path names, and whether the caller may reach that user's notifications."""

from urllib.parse import unquote_to_bytes

from producer_api.contract.tokens import Identity
from producer_api.identity.refusals import ForbiddenError

LONGEST_USER_ID = 128


class BadUserIdError(ValueError):
    """The path names no possible user; the message says why."""


def reader_of(identity: Identity, segment: str) -> str:
    """The user whose list the caller may read: a shopper's own, or any for a service.

    `segment` is as in the URL, still encoded; `me` is the bearer.
    Raises `BadUserIdError` or `ForbiddenError`.
    """
    user_id = _user_id(identity, segment)
    if user_id != identity.subject and not identity.is_service:
        raise ForbiddenError("a shopper reaches only their own notifications")
    return user_id


def owner_of(identity: Identity, segment: str) -> str:
    """The user, where the caller is that shopper: nobody else may mark notifications.

    Raises `BadUserIdError` or `ForbiddenError`.
    """
    user_id = _user_id(identity, segment)
    if identity.is_service or user_id != identity.subject:
        raise ForbiddenError("only the shopper marks their own notifications")
    return user_id


def _user_id(identity: Identity, segment: str) -> str:
    if segment == "me":
        return identity.subject
    try:
        user_id = unquote_to_bytes(segment.encode("latin-1")).decode()
    except UnicodeError as error:
        raise BadUserIdError("must be UTF-8, percent-encoded") from error
    if len(user_id) > LONGEST_USER_ID:
        raise BadUserIdError(f"must be at most {LONGEST_USER_ID} characters")
    return user_id
