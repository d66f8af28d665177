"""The connections that are subscribed to each user, by partition."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from delivery.core.ownership import Ownership
from producer_api.contract.partitioning import partition_of


class Subscribers:
    """Owns the latest map of owners that this member received, and the subscriptions here.

    A subscription may arrive before its partition, if the edge receives a new map first.
    It is kept, and its connection is added when the partition is assigned.
    """

    def __init__(self) -> None:
        self._assigned: frozenset[int] = frozenset()
        self._by_partition: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._sessions: list[Callable[[], None]] = []
        self._partition_count = 0
        self.ownership = Ownership(generation=0, owners=())

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` at each new map. The returned function stops the calls."""
        self._sessions.append(changed)
        return lambda: self._sessions.remove(changed)

    def adopt(self, ownership: Ownership, assigned: Iterable[int]) -> None:
        """Take over a new map of owners, and the partitions that are assigned to this instance.

        The map does not show these partitions if two instances advertise the same address.
        """
        self.ownership = ownership
        # The map is empty if the leader does not know the topic yet. The topic still has as many
        # partitions as before, and every user stays in the same one.
        self._partition_count = len(ownership.owners) or self._partition_count
        self._assigned = frozenset(assigned)
        # Call the watchers last, because they call `answers_for`, which needs the new state.
        for changed in self._sessions:
            changed()

    def answers_for(self, user: str, generation: int) -> bool:
        """Return whether the user's partition is ours, or may be ours under a newer map."""
        if not self.ownership.owners:
            return False
        return generation > self.ownership.generation or self._partition_of(user) in self._assigned

    def add(self, user: str, connection: str) -> int:
        """Subscribe the connection to the user, and return the user's partition."""
        number = self._partition_of(user)
        self._by_partition[number][user].add(connection)
        return number

    def remove(self, user: str, connection: str) -> int:
        """Remove the connection's subscription, and return the user's partition."""
        number = self._partition_of(user)
        connections = self._by_partition[number][user]
        connections.discard(connection)
        if not connections:
            del self._by_partition[number][user]
        return number

    def _partition_of(self, user: str) -> int:
        return partition_of(user, self._partition_count)

    def connections_of(self, number: int, user: str) -> set[str]:
        """Return the connections that are subscribed to the user."""
        return self._by_partition[number].get(user, set())

    def of_partition(self, number: int) -> Iterator[tuple[str, str]]:
        """Yield each user of the partition with each of their connections."""
        for user, connections in self._by_partition[number].items():
            for connection in connections:
                yield user, connection
