"""Cursors bring back the id they were made of, and nothing else is one."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer_api.inbox.cursor import BadCursorError, from_cursor, to_cursor


@given(st.uuids())
def test_round_trip(made: object) -> None:
    cursor = to_cursor(str(made))
    assert from_cursor(cursor) == str(made)
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?#% ")


@given(
    st.text(max_size=80) | st.binary(max_size=60).map(lambda raw: base64.b64encode(raw).decode())
)
def test_anything_else_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursorError):
        from_cursor(cursor)


def test_another_version_is_refused() -> None:
    cursor = base64.urlsafe_b64encode(b"2" + b"0198c0de-0000-7000-8000-000000000001").decode()
    with pytest.raises(BadCursorError):
        from_cursor(cursor.rstrip("="))
