"""The map of owners: which instance owns which partition, as the group's leader decided."""

import re
from dataclasses import dataclass
from typing import TypeGuard

#: The generation before the first assignment, and after the membership is lost.
NO_GENERATION = -1

#: Printable ASCII, and short: every assignment contains an address for each partition.
_ADDRESS = re.compile(r"https?://[!-.0-~][!-~]{0,490}")


def is_address(value: object) -> TypeGuard[str]:
    """Return whether this is a URL at which a peer can be reached."""
    return isinstance(value, str) and _ADDRESS.fullmatch(value) is not None


def are_owners(value: object) -> TypeGuard[list[str]]:
    """Return whether this is a list of addresses; "" stands for none."""
    return isinstance(value, list) and all(item == "" or is_address(item) for item in value)


@dataclass(frozen=True, slots=True)
class Ownership:
    """The owners under one Kafka generation. A map with a higher generation is newer."""

    generation: int
    owners: tuple[str, ...]
    """The owner's address, by partition; "" if the owner has no address."""

    def owner_of(self, partition: int) -> str:
        """Return the address of the partition's owner; "" if it is unknown."""
        return self.owners[partition] if 0 <= partition < len(self.owners) else ""
