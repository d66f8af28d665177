"""The user in a path: whom it names, and who may go there."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer_api.contract.tokens import WRITE_SCOPE, Identity
from producer_api.identity.refusals import ForbiddenError
from producer_api.identity.user_path import BadUserIdError, owner_of, reader_of

_ANY_USER = st.text(st.characters(codec="utf-8"), min_size=1, max_size=128)


def _shopper(user_id: str) -> Identity:
    return Identity(user_id, frozenset(), 0.0)


_SERVICE = Identity("orders", frozenset({WRITE_SCOPE}), 0.0)


@given(_ANY_USER)
def test_any_user_reaches_their_own(user_id: str) -> None:
    segment = quote(user_id, safe="") if user_id != "me" else "%6De"
    assert reader_of(_shopper(user_id), segment) == user_id
    assert owner_of(_shopper(user_id), segment) == user_id
    assert reader_of(_shopper(user_id), "me") == user_id
    assert reader_of(_SERVICE, segment) == user_id


@given(_ANY_USER, _ANY_USER)
def test_a_shopper_reaches_nobody_else(one: str, two: str) -> None:
    segment = quote(two, safe="")
    if one != two and segment != "me":
        for reach in (reader_of, owner_of):
            with pytest.raises(ForbiddenError):
                reach(_shopper(one), segment)


def test_a_service_marks_nothing() -> None:
    for segment in ("ana", "orders", "me"):
        with pytest.raises(ForbiddenError):
            owner_of(_SERVICE, segment)


@pytest.mark.parametrize("segment", ["%FF", "%C3", "\xe9", "u" * 129])
def test_no_possible_user(segment: str) -> None:
    with pytest.raises(BadUserIdError):
        reader_of(_SERVICE, segment)


def test_raw_bytes_that_are_utf8_are_taken_as_such() -> None:
    assert reader_of(_SERVICE, "á".encode().decode("latin-1")) == "á"
