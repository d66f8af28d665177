"""The category of a notification: the part of its type before the first dot."""

from typing import Annotated

from pydantic import Field

#: A category as text, such as `order` for the type `order.shipped`.
Category = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[a-z0-9_-]+$")]


def category_of(kind: str) -> str:
    """Return the category of this type. A type without a dot is its own category.

    A type that begins with a dot has the empty category, which nobody can mute or list.
    """
    return kind.partition(".")[0]
