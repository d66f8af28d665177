"""The connections that are subscribed to each user, by partition."""

from collections.abc import Callable, Iterable, Iterator

from delivery.core.ownership import NO_GENERATION, Ownership
from producer_api.contract.partitioning import partition_of


class Subscribers:
    """Owns the latest map of owners that this member received, and the subscriptions here.

    A subscription may arrive before its partition, if the edge receives a new map first. It is
    kept, and its connection is added when the partition is assigned.
    """

    def __init__(self) -> None:
        self._assigned: frozenset[int] = frozenset()
        #: The addresses of the other members of the group.
        self._others: frozenset[str] = frozenset()
        #: The connections of each user, by partition. Nearly every user has only one, and a tuple
        #: of one takes a fifth of the memory of a set.
        self._by_partition: dict[int, dict[str, tuple[str, ...]]] = {}
        self._sessions: list[Callable[[], None]] = []
        self._partition_count = 0
        #: The linked edges, by session: the address of each, and the generation of its last
        #: complete snapshot. The address is "" for the edge in this process.
        self._edges: dict[str, tuple[str, int]] = {}
        self.ownership = Ownership(generation=0, owners=())

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` at each new map. The returned function stops the calls."""
        self._sessions.append(changed)
        return lambda: self._sessions.remove(changed)

    def note_edge(self, session: str, address: str, snapshot: int = NO_GENERATION) -> None:
        """Note an edge that is linked, and the generation of its last complete snapshot."""
        self._edges[session] = address, snapshot

    def forget_edge(self, session: str) -> None:
        """Forget an edge whose link has ended."""
        self._edges.pop(session, None)

    @property
    def have_all_sent_snapshots(self) -> bool:
        """Whether every known edge has sent a snapshot for the latest map.

        The known edges are those with a link to this instance, and all members of the group.
        """
        generation = self.ownership.generation
        if any(snapshot < generation for _, snapshot in self._edges.values()):
            return False
        if not self._edges:
            return True  # there are no edges at all: this process has no sockets
        return self._others <= {address for address, _ in self._edges.values()}

    def adopt(
        self, ownership: Ownership, assigned: Iterable[int], idle: Iterable[str] = ()
    ) -> None:
        """Take over a new map of owners, and the partitions that are assigned to this instance.

        `assigned` is needed because the map does not tell two instances apart that advertise the
        same address. `idle` are the addresses of members without a partition: they may have
        sockets.
        """
        self.ownership = ownership
        # The map is empty if the leader does not know the topic yet. The topic still has as many
        # partitions as before, and every user stays in the same partition.
        self._partition_count = len(ownership.owners) or self._partition_count
        self._assigned = frozenset(assigned)
        owners = ownership.owners
        ours = {owners[number] for number in self._assigned if number < len(owners)}
        # Prepare this here: each partition in its grace period asks for it, ten times a second.
        self._others = frozenset(idle).union(owners) - ours - {""}
        # Call the watchers last, because they call `answers_for`, which needs the new state.
        for changed in self._sessions:
            changed()

    def answers_for(self, number: int, generation: int) -> bool:
        """Return whether this partition is ours, or may be ours under a newer map."""
        if not self.ownership.owners:
            return False
        return generation > self.ownership.generation or number in self._assigned

    def partition_of(self, user: str) -> int:
        """Return the user's partition; 0 before the first map."""
        return partition_of(user, self._partition_count) if self._partition_count else 0

    def add(self, user: str, connection: str) -> int:
        """Subscribe the connection to the user, and return the user's partition."""
        number = self.partition_of(user)
        users = self._by_partition.setdefault(number, {})
        connections = users.get(user, ())
        if connection not in connections:
            users[user] = (*connections, connection)
        return number

    def remove(self, user: str, connection: str) -> int:
        """Remove the connection's subscription, and return the user's partition."""
        number = self.partition_of(user)
        self.drop(number, ((user, connection),))
        return number

    def drop(self, number: int, subscriptions: Iterable[tuple[str, str]]) -> None:
        """Remove these subscriptions of the partition: pairs of a user and a connection."""
        users = self._by_partition.get(number, {})
        for user, connection in subscriptions:
            connections = users.get(user, ())
            if connections == (connection,):  # the usual case
                del users[user]
            elif connection in connections:
                users[user] = tuple(other for other in connections if other != connection)

    def connections_of(self, number: int, user: str) -> tuple[str, ...]:
        """Return the connections that are subscribed to the user."""
        return self._by_partition.get(number, {}).get(user, ())

    def of_partition(self, number: int) -> Iterator[tuple[str, str]]:
        """Yield each user of the partition with each of their connections."""
        for user, connections in self._by_partition.get(number, {}).items():
            for connection in connections:
                yield user, connection
