"""The cursors of lists: the last id of the previous page, as text that is opaque to callers."""

import base64
import binascii

from producer_api.contract.ids import is_id

_VERSION = b"1"


class BadCursorError(ValueError):
    """The cursor does not come from `next_cursor` of a list."""


def to_cursor(last_id: str) -> str:
    """Return the cursor that continues after this notification."""
    return base64.urlsafe_b64encode(_VERSION + last_id.encode()).decode().rstrip("=")


def from_cursor(cursor: str) -> str:
    """Return the id after which the list continues. Raises `BadCursorError`."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (UnicodeError, binascii.Error) as error:
        raise _malformed() from error
    if text[:1].encode() != _VERSION or not is_id(text[1:]):
        raise _malformed()
    return text[1:]


def _malformed() -> BadCursorError:
    return BadCursorError(
        "the cursor is malformed; use `next_cursor` of the previous page, unchanged"
    )
