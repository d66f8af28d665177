"""Cursors of a list: opaque to callers, the last id shown to us."""

import base64
import binascii

from producer_api.contract.ids import is_id

_VERSION = b"1"


class BadCursorError(ValueError):
    """The cursor is none that a list has answered."""


def to_cursor(last_id: str) -> str:
    """The cursor that continues after this notification."""
    return base64.urlsafe_b64encode(_VERSION + last_id.encode()).decode().rstrip("=")


def from_cursor(cursor: str) -> str:
    """The id the list continues after. Raises `BadCursorError`."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (UnicodeError, binascii.Error) as error:
        raise BadCursorError("the cursor is malformed") from error
    if text[:1].encode() != _VERSION or not is_id(text[1:]):
        raise BadCursorError("the cursor is malformed")
    return text[1:]
