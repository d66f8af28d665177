"""The parameters of a list that name categories."""

from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator

from producer_api.contract.category import MOST_COUNTED, Category, is_category
from producer_api.problems.fields import shortened

_SHOWN = 50


def counted_categories(counts: str | None) -> list[str]:
    """Return the categories in the parameter `counts`, without duplicates."""
    return [] if counts is None else list(dict.fromkeys(counts.split(",")))


def _check(counts: str | None) -> str | None:
    categories = counted_categories(counts)
    for each in categories:
        if not is_category(each):
            shown = shortened(each, _SHOWN)
            raise ValueError(f"{shown!r} is no category; write categories as in order,offer")
    if len(categories) > MOST_COUNTED:
        raise ValueError(f"must have at most {MOST_COUNTED} categories, not {len(categories)}")
    return counts


ListedCategory = Annotated[
    Category | None, Query(description="List only this category: `order` lists `order.shipped`.")
]
CountedCategories = Annotated[
    str | None,
    AfterValidator(_check),
    Query(
        description=f"Categories to count, up to {MOST_COUNTED}, separated by commas. The answer "
        "then has `by_category`.",
        examples=["order,offer"],
    ),
]
