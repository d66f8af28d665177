"""Who owns which partition: the map that the group's leader makes, and all instances share."""

import re
from dataclasses import dataclass
from typing import Any, Self, TypeGuard

#: The generation where there is none: before the first assignment, or with the membership lost.
NO_GENERATION = -1

#: Printable ASCII, and short: each address stands once a partition in each member's assignment.
_ADDRESS = re.compile(r"https?://[!-.0-~][!-~]{0,490}")


class UnreadableOwnershipError(Exception):
    """What a peer sent is no map of owners; the message says in what way."""


def is_address(value: object) -> TypeGuard[str]:
    """Whether this is a URL at which a peer may be looked for."""
    return isinstance(value, str) and _ADDRESS.fullmatch(value) is not None


def are_owners(value: object) -> TypeGuard[list[str]]:
    """Whether this is a list of addresses, "" where there is none."""
    return isinstance(value, list) and all(one == "" or is_address(one) for one in value)


@dataclass(frozen=True, slots=True)
class Ownership:
    """The owners of one Kafka generation; of two maps, the one with the higher is the newer."""

    generation: int
    owners: tuple[str, ...]
    """The owner's address by partition, "" where no address leads to it."""

    def owner_of(self, partition: int) -> str:
        """The address of the partition's owner, "" where there is none or it is not known."""
        return self.owners[partition] if 0 <= partition < len(self.owners) else ""

    def to_json(self) -> dict[str, Any]:
        """For a peer: `from_json` reads it."""
        return {"generation": self.generation, "owners": list(self.owners)}

    @classmethod
    def from_json(cls, value: object) -> Self:
        """What a peer sent, parsed. Raises `UnreadableOwnershipError`."""
        if not isinstance(value, dict):
            raise UnreadableOwnershipError("not an object")
        generation, owners = value.get("generation"), value.get("owners")
        if type(generation) is not int or generation < NO_GENERATION:  # a bool is an int, too
            raise UnreadableOwnershipError("generation is no number of a generation")
        if not are_owners(owners):
            raise UnreadableOwnershipError("owners is no list of addresses")
        return cls(generation, tuple(owners))
