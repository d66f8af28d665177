"""The category of a notification is the part of its type before the first dot."""

import pytest

from producer_api.contract.category import category_of


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        ("order.shipped", "order"),
        ("order.shipped.late", "order"),
        ("order", "order"),
        ("of-fer_2.new", "of-fer_2"),
        (".odd", ""),
    ],
)
def test_category_ends_at_the_first_dot(kind: str, category: str) -> None:
    assert category_of(kind) == category
