"""The map of owners, as peers send it to each other."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.core.ownership import Ownership, UnreadableOwnershipError, is_address
from tests.delivery.core.effort import effort

_A, _B = "http://127.0.0.1:8101", "https://b.example/delivery"

_ADDRESSES = st.sampled_from(["", _A, _B])


def test_the_owner_of_what_nobody_has_is_nowhere() -> None:
    ownership = Ownership(3, (_A, "", _B))
    assert [ownership.owner_of(number) for number in (0, 1, 2, 3, -1)] == [_A, "", _B, "", ""]


@given(st.integers(-1, 2**31 - 1), st.lists(_ADDRESSES).map(tuple))
@effort(100)
def test_what_is_read_is_what_was_sent(generation: int, owners: tuple[str, ...]) -> None:
    ownership = Ownership(generation, owners)
    assert Ownership.from_json(orjson.loads(orjson.dumps(ownership.to_json()))) == ownership


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"generation": 1},
        {"owners": []},
        {"generation": True, "owners": []},
        {"generation": "1", "owners": []},
        {"generation": 1.0, "owners": []},
        {"generation": -2, "owners": []},
        {"generation": 1, "owners": _A},
        {"generation": 1, "owners": {_A: 0}},
        {"generation": 1, "owners": [None]},
        {"generation": 1, "owners": [_A, "somewhere"]},
    ],
)
def test_what_is_no_map_is_refused(value: object) -> None:
    with pytest.raises(UnreadableOwnershipError):
        Ownership.from_json(value)


@pytest.mark.parametrize(
    "value", [_A, _B, "http://[::1]:8101", "http://d-0.delivery:8101/", "http://" + "a" * 491]
)
def test_an_address_is_a_url_of_a_host(value: str) -> None:
    assert is_address(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        8101,
        "",
        "127.0.0.1:8101",
        "ftp://a",
        "http://",
        "http:///path",
        "http://a b",
        "http://a\n",
        "http://ñandú",
        "http://" + "a" * 492,
    ],
)
def test_anything_else_is_none(value: object) -> None:
    assert not is_address(value)
