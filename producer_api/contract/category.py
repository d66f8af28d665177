"""The category of a notification: the part of its type before the first dot."""

import re
from typing import Annotated, Any

from pydantic import Field

#: A category as text, such as `order` for the type `order.shipped`.
Category = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[a-z0-9_-]+$")]

#: The most categories that one list or one `inbox` event counts.
MOST_COUNTED = 10

_CATEGORY = re.compile(r"[a-z0-9_-]+")


def is_category(text: object) -> bool:
    """Return whether this is a valid category, which can be muted, listed and counted."""
    return isinstance(text, str) and _CATEGORY.fullmatch(text) is not None


def query_for(category: str) -> dict[str, Any]:
    """Return MongoDB's query for the notifications of this category.

    Documents that earlier versions stored lack the field `category`, so the query checks the type.
    """
    return {
        "category": {"$in": [category, None]},
        "type": {"$regex": rf"^{re.escape(category)}(\.|$)"},
    }


def category_of(kind: str) -> str:
    """Return the category of this type. A type without a dot is its own category.

    A type that begins with a dot has the empty category, which nobody can mute or list.
    """
    return kind.partition(".")[0]
