"""The user in a path, and the callers who may access that user's notifications."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer_api.contract.token_verifier import WRITE_SCOPE, Identity
from producer_api.identity.access import BadUserIdError, user_to_manage, user_to_mark, user_to_read
from producer_api.identity.errors import ForbiddenError

_ANY_USER = st.text(st.characters(codec="utf-8"), min_size=1, max_size=128).filter(
    lambda user_id: user_id != "me"
)
_SERVICE = Identity("orders", frozenset({WRITE_SCOPE}), 0.0)


def _shopper(user_id: str) -> Identity:
    return Identity(user_id, frozenset(), 0.0)


@given(_ANY_USER)
def test_shopper_reads_and_marks_their_own_and_service_reads_any(user_id: str) -> None:
    segment = quote(user_id, safe="")
    assert user_to_read(_shopper(user_id), segment) == user_id
    assert user_to_mark(_shopper(user_id), segment) == user_id
    assert user_to_read(_shopper(user_id), "me") == user_id
    assert user_to_read(_SERVICE, segment) == user_id
    assert user_to_manage(segment) == user_id


@given(_ANY_USER, _ANY_USER)
def test_shopper_cannot_access_other_users(caller: str, other: str) -> None:
    segment = quote(other, safe="")
    if caller != other:
        for reach in (user_to_read, user_to_mark):
            with pytest.raises(ForbiddenError):
                reach(_shopper(caller), segment)


def test_service_may_not_mark() -> None:
    for segment in ("ana", "orders", "me"):
        with pytest.raises(ForbiddenError):
            user_to_mark(_SERVICE, segment)


@pytest.mark.parametrize("segment", ["me", "%6De", "m%65", "%6D%65"])
def test_me_is_the_shopper_and_a_service_must_name_the_user(segment: str) -> None:
    assert user_to_read(_shopper("ana"), segment) == "ana"
    assert user_to_mark(_shopper("ana"), segment) == "ana"
    with pytest.raises(BadUserIdError, match="must name the user"):
        user_to_read(_SERVICE, segment)
    with pytest.raises(BadUserIdError, match="must name the user"):
        user_to_manage(segment)


@pytest.mark.parametrize("user_id", ["ME", "Me", "me ", ".", "..", "a/b", "me/me"])
def test_ids_that_only_resemble_me_are_users(user_id: str) -> None:
    assert user_to_manage(quote(user_id, safe="")) == user_id


@pytest.mark.parametrize("segment", ["%FF", "%C3", "\xe9", "u" * 129])
def test_segment_that_cannot_be_a_user_id_is_refused(segment: str) -> None:
    with pytest.raises(BadUserIdError):
        user_to_read(_SERVICE, segment)


def test_unencoded_utf8_bytes_are_accepted() -> None:
    assert user_to_read(_SERVICE, "á".encode().decode("latin-1")) == "á"
