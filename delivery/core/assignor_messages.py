"""The messages that group members exchange in the `user_data` fields of Kafka's protocol.

There are two. Each is a compact JSON object with a version `v`, now 1:

- a member's claim, in its subscription:
  `{"v":1,"address":"http://…","generation":7,"owned":[0,3],"maps":2}`
- the leader's map, in every member's assignment:
  `{"v":1,"owners":["http://…",…],"idle":["http://…",…]}`, or the byte 2 and then the same JSON,
  compressed with zlib. `maps` says which of these formats the member reads. The leader uses the
  second only if all members read it. `idle` is left out if every member owns a partition.

During a rolling upgrade, members of two versions share one group, and any member may lead it. So a
later version may add fields, but must keep these fields readable. A change that breaks this rule
needs a new assignor name, which Kafka negotiates. Decoding never raises, whatever a member sends,
because an exception in the leader would stop the whole group. A field that cannot be read counts as
absent.

The brokers store all assignments in one record, which `message.max.bytes` limits to 1 MiB. With
compressed maps, that is enough for 350 instances and 700 partitions; docs/capacity.md has more.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import orjson

from delivery.core.ownership import NO_GENERATION, are_owners, is_address

_VERSION = 1
#: The formats of maps. A member without `maps` in its claim reads the first.
PLAIN_MAP, COMPRESSED_MAP = 1, 2
_COMPRESSED = bytes((COMPRESSED_MAP,))
#: The JSON of a larger map is refused. The limit is enough for 10,000 partitions with the longest
#: addresses.
_LIMIT_MAP_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Claim:
    """A member's address and its last assignment, which it sends when it joins."""

    address: str = ""
    """The URL at which peers reach the member; "" if they cannot."""
    generation: int = NO_GENERATION
    """The generation of the member's last assignment."""
    owned: frozenset[int] = frozenset()
    """The partitions of that assignment. A received claim may name partitions that do not exist."""
    maps: int = PLAIN_MAP
    """The newest format of maps that the member can read."""


def encode_claim(claim: Claim) -> bytes:
    """Return the claim as bytes, for this member's subscription."""
    fields = {
        "v": _VERSION,
        "address": claim.address,
        "generation": claim.generation,
        "owned": sorted(claim.owned),
        "maps": claim.maps,
    }
    return orjson.dumps(fields)


def decode_claim(data: bytes | None) -> Claim:
    """Decode a member's claim. A field that cannot be read gets the default in `Claim`."""
    fields = _parse(data)
    address, owned = fields.get("address"), fields.get("owned")
    generation, maps = fields.get("generation"), fields.get("maps")
    return Claim(
        address if is_address(address) else "",
        generation if _is_whole(generation) else NO_GENERATION,
        frozenset(filter(_is_whole, owned if isinstance(owned, list) else ())),
        maps if _is_whole(maps) else PLAIN_MAP,
    )


def encode_owners(
    owners: Iterable[str], readers: Iterable[Claim], idle: Sequence[str] = ()
) -> bytes:
    """Return the owners' addresses as bytes, for every assignment; "" if an owner has none.

    Adds the addresses of `idle` members. Uses a format that all `readers` can read; without
    readers, the plain one.
    """
    fields: dict[str, Any] = {"v": _VERSION, "owners": list(owners)}
    text = orjson.dumps(fields | {"idle": list(idle)} if idle else fields)
    if min((claim.maps for claim in readers), default=PLAIN_MAP) < COMPRESSED_MAP:
        return text
    return _COMPRESSED + zlib.compress(text, zlib.Z_BEST_COMPRESSION)


def decode_owners(data: bytes | None) -> tuple[str, ...] | None:
    """Return the owner's address by partition; None if the map cannot be read."""
    owners = _map_in(data).get("owners")
    return tuple(owners) if are_owners(owners) else None


def decode_idle(data: bytes | None) -> tuple[str, ...]:
    """Return the addresses of the members without a partition; none if they cannot be read."""
    idle = _map_in(data).get("idle")
    return tuple(filter(is_address, idle)) if isinstance(idle, list) else ()


def _map_in(data: bytes | None) -> dict[str, Any]:
    is_compressed = data is not None and data.startswith(_COMPRESSED)
    return _parse(_decompressed(data) if data and is_compressed else data)


def _decompressed(data: bytes) -> bytes:
    """Return the JSON of a compressed map; nothing if it cannot be read."""
    unpack = zlib.decompressobj()
    try:
        text = unpack.decompress(data[1:], _LIMIT_MAP_BYTES)
    except zlib.error:
        return b""
    return text if unpack.eof else b""


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
