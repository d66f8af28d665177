"""Compares what was created for a user with what the user's client received. Pure: no I/O."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Arrivals(NamedTuple):
    """The differences between the ids created in this order and the ids received."""

    created: int
    missing: int
    repeated: int
    in_order: bool
    """Whether the ids first arrived in the order of their creation. Repeats do not count."""

    @property
    def complete(self) -> bool:
        """Whether every created id was received."""
        return self.missing == 0

    @property
    def exact(self) -> bool:
        """Whether every created id was received exactly once, in order."""
        return self.complete and self.repeated == 0 and self.in_order


def compare(created: Sequence[str], received: Sequence[str]) -> Arrivals:
    """Compare the ids. Ignores received ids that are not among the created ones."""
    relevant = [one for one in received if one in set(created)]
    first = list(dict.fromkeys(relevant))
    expected = [one for one in created if one in set(first)]
    missing = len(created) - len(first)
    return Arrivals(len(created), missing, len(relevant) - len(first), first == expected)


def total(parts: Iterable[Arrivals]) -> Arrivals:
    """Return the sum over several users."""
    parts = list(parts)
    return Arrivals(
        sum(part.created for part in parts),
        sum(part.missing for part in parts),
        sum(part.repeated for part in parts),
        all(part.in_order for part in parts),
    )


def moved(before: Sequence[str], after: Sequence[str]) -> int:
    """Return how many partitions have another owner than before."""
    return sum(one != other for one, other in zip(before, after, strict=True))
