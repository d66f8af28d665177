"""Which user a path names, and whether the caller may access that user's notifications."""

from urllib.parse import unquote_to_bytes

from producer_api.contract.notification import BEARER, USER_ID_CHARACTERS
from producer_api.contract.token_verifier import Identity
from producer_api.identity.errors import ForbiddenError


class BadUserIdError(ValueError):
    """The path segment cannot be a user id. The message says why."""


def user_to_read(identity: Identity, segment: str) -> str:
    """Return the user named by the path, if the caller may read that user's list.

    A shopper may read their own list, and a service any list. `segment` is the encoded part of
    the URL; `me` means the bearer of the token. Raises `BadUserIdError` or `ForbiddenError`.
    """
    if identity.is_service:
        return user_to_manage(segment)
    user_id = _user_id(segment, identity.subject)
    if user_id != identity.subject:
        raise ForbiddenError("a shopper can reach only what is their own")
    return user_id


def user_to_mark(identity: Identity, segment: str) -> str:
    """Return the user named by the path, if the caller is that shopper.

    Services and other shoppers may not mark anything. Raises `BadUserIdError` or `ForbiddenError`.
    """
    user_id = _user_id(segment, identity.subject)
    if identity.is_service or user_id != identity.subject:
        raise ForbiddenError("only the shopper themselves can do this")
    return user_id


def user_to_mark_some(identity: Identity, segment: str) -> str:
    """Return the user named by the path, if the caller may mark notifications that it chooses.

    This user and every service may. Raises `BadUserIdError` or `ForbiddenError`.
    """
    return user_to_manage(segment) if identity.is_service else user_to_mark(identity, segment)


def user_to_manage(segment: str) -> str:
    """Return the user named by the path of a service's request. Raises `BadUserIdError`."""
    return _user_id(segment, None)


def _user_id(segment: str, bearer: str | None) -> str:
    """Return the user id in the segment. `bearer` is the shopper for whom `me` stands, if any."""
    try:
        user_id = unquote_to_bytes(segment.encode("latin-1")).decode()
    except UnicodeError as error:
        raise BadUserIdError("must be percent-encoded UTF-8") from error
    if len(user_id) > USER_ID_CHARACTERS:
        raise BadUserIdError(f"must have at most {USER_ID_CHARACTERS} characters")
    # An encoded `me` means the same (RFC 3986, section 6.2.2.2), so a proxy may decode it.
    if user_id != BEARER:
        return user_id
    if bearer is None:
        raise BadUserIdError(f"{BEARER!r} stands for a shopper; a service must name the user")
    return bearer
