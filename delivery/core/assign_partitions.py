"""Divides the partitions among the members: even shares, and as few moves as possible.

The group's leader decides, from the members' claims (`assignor_messages.py`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import islice

from delivery.core.assignor_messages import Claim


@dataclass(frozen=True, slots=True)
class AssignmentPlan:
    """Which member gets which partition.

    Every partition is assigned exactly once. The shares of the members that may own partitions
    differ by at most one partition.
    """

    shares: dict[str, list[int]]
    """The partitions of each member in rising order, by member id."""
    owners: tuple[str, ...]
    """The owner's address, by partition; "" only if no member has an address."""
    unreachable: tuple[str, ...]
    """Members without an address. They get partitions only if no member has an address. Then the
    records are at least consumed and parked."""
    duplicates: tuple[str, ...]
    """Members that advertise another member's address. They get nothing, because a link to that
    address reaches only one of them."""
    idle: tuple[str, ...] = ()
    """The addresses of members that may own partitions, but get none, because there are more
    members than partitions. Every member receives this list, so its length is limited to the number
    of partitions."""


def assign_partitions(count: int, claims: Mapping[str, Claim]) -> AssignmentPlan:
    """Give partitions 0 to `count` - 1 to the members. The order of the claims does not matter.

    A partition stays with the member whose claim to it has the latest generation, unless that
    member's share is too large. So as few partitions move as even shares allow. If members
    compete for a larger share, the one with the later generation gets it.
    """
    claims = {
        member: Claim(claim.address, claim.generation, _existing(claim.owned, count))
        for member, claim in claims.items()
    }
    members = _member_of_address(claims)
    eligible = set(members.values()) or set(claims)
    shares = _share(count, {member: claims[member] for member in eligible})
    owner_of = {number: member for member, share in shares.items() for number in share}
    unreachable = {member for member in claims if not claims[member].address}
    return AssignmentPlan(
        shares={member: shares.get(member, []) for member in claims},
        owners=tuple(
            claims[owner_of[number]].address if owner_of else "" for number in range(count)
        ),
        unreachable=tuple(sorted(unreachable)),
        duplicates=tuple(sorted(claims.keys() - unreachable - eligible)),
        idle=tuple(sorted(address for address in members if not shares[members[address]]))[:count],
    )


def _existing(owned: Collection[int], count: int) -> frozenset[int]:
    return frozenset(number for number in owned if 0 <= number < count)


def _member_of_address(claims: Mapping[str, Claim]) -> dict[str, str]:
    """Return the member at each address. Of several, returns the latest owner of partitions."""
    members: dict[str, str] = {}
    last_owner_first = sorted(
        claims, key=lambda member: (not claims[member].owned, *_rank(member, claims))
    )
    for member in last_owner_first:
        if claims[member].address:
            members.setdefault(claims[member].address, member)
    return members


def _share(count: int, claims: Mapping[str, Claim]) -> dict[str, list[int]]:
    if not claims:
        return {}
    min_size, larger_shares = divmod(count, len(claims))
    held = _held(count, claims)
    # The larger shares go to the members that would otherwise give away one more partition.
    by_priority = sorted(
        claims, key=lambda member: (len(held[member]) <= min_size, *_rank(member, claims))
    )
    sizes = {
        member: min_size + (position < larger_shares) for position, member in enumerate(by_priority)
    }
    kept = {member: held[member][:size] for member, size in sizes.items()}
    free = iter(sorted(set(range(count)).difference(*kept.values())))
    return {
        member: sorted([*kept[member], *islice(free, size - len(kept[member]))])
        for member, size in sizes.items()
    }


def _held(count: int, claims: Mapping[str, Claim]) -> dict[str, list[int]]:
    """Return the partitions that each member owns by the latest claims, in rising order."""
    latest_first = sorted(claims, key=lambda member: _rank(member, claims))
    held: dict[str, list[int]] = {member: [] for member in claims}
    for number in range(count):
        holder = next((member for member in latest_first if number in claims[member].owned), None)
        if holder is not None:
            held[holder].append(number)
    return held


def _rank(member: str, claims: Mapping[str, Claim]) -> tuple[int, str]:
    """Return a sort key: the latest generation first, then by member id, which is unique."""
    return -claims[member].generation, member
