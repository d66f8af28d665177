"""The parts that follow the group's map of owners."""

from collections.abc import Iterable
from dataclasses import dataclass

from delivery.core.ownership import Ownership
from delivery.peers.peer_watch import PeerWatch
from delivery.push.subscribers import Subscribers
from delivery.sockets.edge_map import EdgeMap


@dataclass(frozen=True, slots=True)
class MapFollowers:
    """The parts that adopt each new map. Each owns what it derives from the map."""

    subscribers: Subscribers
    edge_map: EdgeMap
    watch: PeerWatch

    @property
    def generation(self) -> int:
        """The generation of the map that was adopted last."""
        return self.subscribers.ownership.generation

    def adopt(
        self, ownership: Ownership, assigned: Iterable[int], idle: Iterable[str], member: str
    ) -> None:
        """Adopt a map, with the partitions assigned here and this instance's member id.

        `idle` are the addresses of members without a partition.
        """
        self.subscribers.adopt(ownership, assigned, idle)
        # Call this before `edge_map.adopt`, which ends the links to former owners. The watch would
        # probe an owner whose link has ended, and former owners need no watching.
        self.watch.adopt(ownership, member)
        self.edge_map.adopt(ownership)
