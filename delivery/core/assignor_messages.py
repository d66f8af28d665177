"""The messages that group members exchange in the `user_data` fields of Kafka's protocol.

There are two. Each is a compact JSON object with a version `v`, now 1:

- a member's claim, in its subscription: `{"v":1,"address":"http://…","generation":7,"owned":[0,3]}`
- the leader's map, in every member's assignment: `{"v":1,"owners":["http://…",…]}`

During a rolling upgrade, members of two versions share one group, and any member may lead it. So a
later version may add fields, but must keep these fields readable. A change that breaks this rule
needs a new assignor name, which Kafka negotiates. Decoding never raises, whatever a member sends,
because an exception in the leader would stop the whole group. A field that cannot be read counts as
absent.

The brokers store all assignments in one record, which `message.max.bytes` limits to 1 MiB. That is
enough for about 160 partitions and 160 instances, with addresses of 40 characters.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeGuard

import orjson

from delivery.core.ownership import NO_GENERATION, are_owners, is_address

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Claim:
    """A member's address and its last assignment, which it sends when it joins."""

    address: str = ""
    """The URL at which peers reach the member; "" if they cannot."""
    generation: int = NO_GENERATION
    """The generation of the member's last assignment."""
    owned: frozenset[int] = frozenset()
    """The partitions of that assignment. A received claim may name partitions that do not exist."""


def encode_claim(claim: Claim) -> bytes:
    """Return the claim as bytes, for this member's subscription."""
    fields = {
        "v": _VERSION,
        "address": claim.address,
        "generation": claim.generation,
        "owned": sorted(claim.owned),
    }
    return orjson.dumps(fields)


def decode_claim(data: bytes | None) -> Claim:
    """Decode a member's claim. A field that cannot be read gets the default in `Claim`."""
    fields = _parse(data)
    address, owned = fields.get("address"), fields.get("owned")
    generation = fields.get("generation")
    return Claim(
        address if is_address(address) else "",
        generation if _is_whole(generation) else NO_GENERATION,
        frozenset(filter(_is_whole, owned if isinstance(owned, list) else ())),
    )


def encode_owners(owners: Iterable[str]) -> bytes:
    """Return the owners' addresses as bytes, for every assignment; "" if an owner has none."""
    return orjson.dumps({"v": _VERSION, "owners": list(owners)})


def decode_owners(data: bytes | None) -> tuple[str, ...] | None:
    """Return the owner's address by partition; None if the map cannot be read."""
    owners = _parse(data).get("owners")
    return tuple(owners) if are_owners(owners) else None


def _parse(data: bytes | None) -> dict[str, Any]:
    try:
        fields = orjson.loads(data or b"")
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(fields, dict):
        return {}
    return fields if _is_whole(fields.get("v")) and fields["v"] >= _VERSION else {}


def _is_whole(value: object) -> TypeGuard[int]:
    return type(value) is int and value >= 0  # `isinstance` would accept a bool
