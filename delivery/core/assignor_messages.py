"""What the members of the group tell each other by way of Kafka, in the fields named `user_data`.

Both are compact JSON objects with a version `v`, 1 as it stands here:

- a member's claim, in its subscription: `{"v":1,"address":"http://…","generation":7,"owned":[0,3]}`
- the leader's map, in each member's assignment, the same for all: `{"v":1,"owners":["http://…",…]}`

A rolling upgrade has two versions in one group, and either may lead it. So a later version may add
fields, and what stands here stays readable by this code; what cannot keep this rule takes a new
name of the assignor, which Kafka negotiates. Nothing a member sends makes reading fail: an
exception in the leader would stop the whole group. What cannot be read counts as not said.

All assignments together are one record of the brokers, bounded by their `message.max.bytes`
(1 MiB): about 160 partitions for 160 instances at 40 characters an address.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeGuard

import orjson

from delivery.core.ownership import NO_GENERATION, are_owners, is_address

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Claim:
    """What a member says of itself as it joins."""

    address: str = ""
    """Where its peers reach it, "" where they cannot."""
    generation: int = NO_GENERATION
    """Of the last assignment it had."""
    owned: frozenset[int] = frozenset()
    """What that assignment gave it; read from others, any number may stand here."""


def encode_claim(claim: Claim) -> bytes:
    """For this member's subscription."""
    said = {
        "v": _VERSION,
        "address": claim.address,
        "generation": claim.generation,
        "owned": sorted(claim.owned),
    }
    return orjson.dumps(said)


def decode_claim(data: bytes | None) -> Claim:
    """What could be read of a member's claim; a field that could not is as in `Claim()`."""
    said = _parse(data)
    address, generation, owned = said.get("address"), said.get("generation"), said.get("owned")
    return Claim(
        address if is_address(address) else "",
        generation if _is_whole(generation) else NO_GENERATION,
        frozenset(filter(_is_whole, owned if isinstance(owned, list) else ())),
    )


def encode_owners(owners: Iterable[str]) -> bytes:
    """For the assignment of every member: the owner's address by partition, "" for none."""
    return orjson.dumps({"v": _VERSION, "owners": list(owners)})


def decode_owners(data: bytes | None) -> tuple[str, ...] | None:
    """The owner's address by partition; None where that cannot be read."""
    owners = _parse(data).get("owners")
    return tuple(owners) if are_owners(owners) else None


def _parse(data: bytes | None) -> dict[str, Any]:
    try:
        said = orjson.loads(data or b"")
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(said, dict):
        return {}
    return said if _is_whole(said.get("v")) and said["v"] >= _VERSION else {}


def _is_whole(value: object) -> TypeGuard[int]:
    return type(value) is int and value >= 0  # a bool is an int, too
