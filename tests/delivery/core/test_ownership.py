"""The map of owners, and the addresses that it may contain."""

import pytest

from delivery.core.ownership import Ownership, is_address

_A, _B = "http://127.0.0.1:8101", "https://b.example/delivery"


def test_owner_of_an_unowned_partition_has_no_address() -> None:
    ownership = Ownership(3, (_A, "", _B))
    assert [ownership.owner_of(number) for number in (0, 1, 2, 3, -1)] == [_A, "", _B, "", ""]


@pytest.mark.parametrize(
    "value", [_A, _B, "http://[::1]:8101", "http://d-0.delivery:8101/", "http://" + "a" * 491]
)
def test_url_of_a_host_is_an_address(value: str) -> None:
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
def test_anything_else_is_not_an_address(value: object) -> None:
    assert not is_address(value)
