"""A cursor decodes to the id it was made from. Any other text is refused."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer_api.inbox.cursor import BadCursorError, from_cursor, to_cursor


@given(st.uuids())
def test_cursor_returns_its_id_and_needs_no_url_encoding(notification_id: object) -> None:
    cursor = to_cursor(str(notification_id))
    assert from_cursor(cursor) == str(notification_id)
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?#% ")


@given(
    st.text(max_size=80) | st.binary(max_size=60).map(lambda raw: base64.b64encode(raw).decode())
)
def test_text_that_is_not_a_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursorError):
        from_cursor(cursor)


def test_cursor_of_another_version_is_refused() -> None:
    cursor = base64.urlsafe_b64encode(b"2" + b"0198c0de-0000-7000-8000-000000000001").decode()
    with pytest.raises(BadCursorError):
        from_cursor(cursor.rstrip("="))
