"""Which connections want whose notifications, and whether this instance is the one to ask."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from delivery.core.ownership import Ownership
from producer_api.contract.partitioning import partition_of


class Subscribers:
    """Owns the group's map as this member last got it, and who is subscribed here by it.

    A connection may come before its partition does: the edge has heard of the new generation
    first. It is kept, and connected when the partition is.
    """

    def __init__(self) -> None:
        self._assigned: frozenset[int] = frozenset()
        self._of: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._sessions: list[Callable[[], None]] = []
        self.ownership = Ownership(generation=0, owners=())

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Have `changed` called at each new map; returns what ends that."""
        self._sessions.append(changed)
        return lambda: self._sessions.remove(changed)

    def adopt(self, ownership: Ownership, assigned: Iterable[int]) -> None:
        """The group has given the partitions to these, and some to us.

        What is ours is not read off the map: two instances may advertise the same address.
        """
        self.ownership = ownership
        self._assigned = frozenset(assigned)
        for changed in self._sessions:
            changed()

    def answers_for(self, user: str, generation: int) -> bool:
        """Whether the user's partition is ours, or may be by a map newer than ours."""
        if not self.ownership.owners:
            return False
        return generation > self.ownership.generation or self._partition_of(user) in self._assigned

    def add(self, user: str, connection: str) -> int:
        """The connection wants the user's notifications; returns the partition they come by."""
        number = self._partition_of(user)
        self._of[number][user].add(connection)
        return number

    def remove(self, user: str, connection: str) -> int:
        """The connection is gone; returns the partition of the user."""
        number = self._partition_of(user)
        connections = self._of[number][user]
        connections.discard(connection)
        if not connections:
            del self._of[number][user]
        return number

    def _partition_of(self, user: str) -> int:
        return partition_of(user, len(self.ownership.owners))

    def connections_of(self, number: int, user: str) -> set[str]:
        """The user's connections."""
        return self._of[number].get(user, set())

    def of_partition(self, number: int) -> Iterator[tuple[str, str]]:
        """Each user of the partition with each of their connections."""
        for user, connections in self._of[number].items():
            for connection in connections:
                yield user, connection
