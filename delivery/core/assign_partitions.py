"""Who gets which partition: even shares, and nothing moves that need not.

Decided by the group's leader, from what the members say of themselves (`user_data.py`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import islice

from delivery.core.assignor_messages import Claim


@dataclass(frozen=True, slots=True)
class AssignmentPlan:
    """Every partition exactly once, the shares of those that may own within one of each other."""

    shares: dict[str, list[int]]
    """By member, all of them; in rising order."""
    owners: tuple[str, ...]
    """The owner's address by partition; "" only where no member has an address."""
    unreachable: tuple[str, ...]
    """Members without an address: they get nothing, unless none has one. Without peers, what
    they consume is parked, but it is consumed."""
    namesakes: tuple[str, ...]
    """Members that advertise another one's address, and get nothing: a link to that address
    reaches only one of them."""


def assign_partitions(count: int, claims: Mapping[str, Claim]) -> AssignmentPlan:
    """Give partitions 0 to `count` - 1 to members, the same for any order of the claims.

    A partition stays with the member that claims it of the latest generation, unless its share
    is too large. So few move as even shares allow; where claims of two generations compete for
    a larger share, those of the later one are kept.
    """
    claims = {
        member: Claim(claim.address, claim.generation, _existing(claim.owned, count))
        for member, claim in claims.items()
    }
    bearers = _bearers(claims)
    sharing = set(bearers.values()) or set(claims)
    shared = _share(count, {member: claims[member] for member in sharing})
    owner_of = {number: member for member, share in shared.items() for number in share}
    unreachable = {member for member in claims if not claims[member].address}
    return AssignmentPlan(
        shares={member: shared.get(member, []) for member in claims},
        owners=tuple(claims[owner_of[n]].address if owner_of else "" for n in range(count)),
        unreachable=tuple(sorted(unreachable)),
        namesakes=tuple(sorted(claims.keys() - unreachable - sharing)),
    )


def _existing(owned: Collection[int], count: int) -> frozenset[int]:
    return frozenset(number for number in owned if 0 <= number < count)


def _bearers(claims: Mapping[str, Claim]) -> dict[str, str]:
    """The one member behind each address; of several, the one that owned something latest."""
    bearers: dict[str, str] = {}
    for member in sorted(claims, key=lambda one: (not claims[one].owned, *_rank(one, claims))):
        if claims[member].address:
            bearers.setdefault(claims[member].address, member)
    return bearers


def _share(count: int, claims: Mapping[str, Claim]) -> dict[str, list[int]]:
    if not claims:
        return {}
    least, larger = divmod(count, len(claims))
    held = _held(count, claims)
    # The larger shares go to those that would otherwise have to give one more away.
    favoured = sorted(claims, key=lambda one: (len(held[one]) <= least, *_rank(one, claims)))
    sizes = {member: least + (place < larger) for place, member in enumerate(favoured)}
    kept = {member: held[member][:size] for member, size in sizes.items()}
    free = iter(sorted(set(range(count)).difference(*kept.values())))
    return {
        member: sorted([*kept[member], *islice(free, size - len(kept[member]))])
        for member, size in sizes.items()
    }


def _held(count: int, claims: Mapping[str, Claim]) -> dict[str, list[int]]:
    """By member, the partitions that are its own by the latest claim, in rising order."""
    latest_first = sorted(claims, key=lambda one: _rank(one, claims))
    held: dict[str, list[int]] = {member: [] for member in claims}
    for number in range(count):
        holder = next((one for one in latest_first if number in claims[one].owned), None)
        if holder is not None:
            held[holder].append(number)
    return held


def _rank(member: str, claims: Mapping[str, Claim]) -> tuple[int, str]:
    """The latest generation first, then by the member's id, which Kafka makes unique."""
    return -claims[member].generation, member
