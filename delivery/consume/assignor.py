"""The sticky partition assignor, which also sends the map of owners to every member."""

import logging
from collections.abc import Iterable, Mapping, Sized
from dataclasses import replace

from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import (
    ConsumerProtocolMemberAssignment,
    ConsumerProtocolMemberMetadata,
)

from delivery import metrics
from delivery.core.assign_partitions import AssignmentPlan, assign_partitions
from delivery.core.assignor_messages import (
    COMPRESSED_MAP,
    Claim,
    decode_claim,
    decode_idle,
    decode_owners,
    encode_claim,
    encode_owners,
)
from delivery.core.ownership import Ownership, is_address

_log = logging.getLogger(__name__)

#: The version of the fields that Kafka defines around `user_data`. The content of `user_data` has
#: a version of its own.
_PROTOCOL_VERSION = 0
#: About how many bytes each member adds to the group's record, apart from our own messages: the
#: member's ids and host, the names of the topic and the protocol, and the member's share.
_MEMBER_BYTES = 200


class StickyAssignor(AbstractPartitionAssignor):  # type: ignore[misc] # aiokafka has no types
    """Owns this instance's claim: its last assignment, and that assignment's generation.

    Each consumer has an assignor of its own, which it gets as an instance and not as a class:
    `partition_assignment_strategy=(assignor,)`. The claim is kept when the membership is lost. That
    does no harm, because a claim of a newer generation wins. Without a newer claim, the partition
    may stay here.

    aiokafka calls `metadata`, `assign` (only at the leader) and `on_assignment`, all of them
    synchronously. An exception in `assign` would stop the whole group, so it accepts any input.
    """

    #: All members of a group must use the same name. A version that reads claims in another way
    #: needs a new name.
    name = "sticky-owners"

    def __init__(self, topic: str, partitions: int, address: str) -> None:
        """Assign the first `partitions` partitions of the topic. Peers dial `address`.

        Raises `ValueError` if the address is not an http or https URL.
        """
        if not is_address(address):
            raise ValueError(
                f"address is {address!r}, not an http or https URL of printable ASCII, at most "
                "491 characters: set DELIVERY_ADVERTISED_URL"
            )
        self._topic = topic
        self._partitions = partitions
        self._claim = Claim(address, maps=COMPRESSED_MAP)
        self._record_bytes = 0
        self._assigned: frozenset[int] = frozenset()
        self._owners: tuple[str, ...] = ()
        self.idle: tuple[str, ...] = ()
        """The addresses of members that own no partition now. They may have sockets."""

    def begin(self, generation: int) -> Ownership:
        """Return the map of owners of the assignment that has just been received.

        Call it in `on_partitions_assigned`, with the assignment's generation. From then on, this
        instance claims the partitions of that assignment.
        """
        self._claim = replace(self._claim, generation=generation, owned=self._assigned)
        return Ownership(generation, self._owners)

    def metadata(self, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        """Return this instance's claim, which it sends when it joins."""
        user_data = encode_claim(self._claim)
        return ConsumerProtocolMemberMetadata(_PROTOCOL_VERSION, list(topics), user_data)

    def assign(
        self, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """Return each member's share, with the map of owners. Runs only at the group's leader."""
        everybody = {member: decode_claim(found.user_data) for member, found in members.items()}
        claims = {
            member: claim
            for member, claim in everybody.items()
            if self._topic in (members[member].subscription or ())
        }
        plan = assign_partitions(self._count(cluster), claims)
        _log_excluded(plan, claims)
        # The length of the map decides which partition a user is in, so it never changes.
        missing = self._partitions - len(plan.owners)
        owners = (*plan.owners, *("",) * missing)
        user_data = encode_owners(owners, everybody.values(), plan.idle)
        self._record_bytes = record_bytes(user_data, members)
        return {
            member: ConsumerProtocolMemberAssignment(
                _PROTOCOL_VERSION, [(self._topic, plan.shares.get(member, []))], user_data
            )
            for member in members
        }

    def on_assignment(self, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Keep the leader's assignment until `begin` says which generation it belongs to."""
        # Only the leader knows how large the group's record is. The other members report 0.
        metrics.GROUP_RECORD_BYTES.set(self._record_bytes)
        self._record_bytes = 0
        self._assigned = frozenset(
            assigned.partition
            for assigned in assignment.partitions()
            if assigned.topic == self._topic
        )
        owners = decode_owners(assignment.user_data)
        if owners is None:
            # Without the map, no socket here can subscribe. The records of the owned partitions
            # are still consumed, and parked.
            _log.error("map of owners unreadable")
        self._owners, self.idle = owners or (), decode_idle(assignment.user_data)

    def _count(self, cluster: ClusterMetadata) -> int:
        """Return how many of the topic's partitions to assign.

        Partitions that were added to the topic have no users, so they are not assigned. A broker
        that has just started may not know the topic for a moment. Revoking every partition would
        interrupt all users, so all partitions stay assigned. aiokafka makes the group join again as
        soon as the topic is known.
        """
        partitions = cluster.partitions_for_topic(self._topic)
        if not partitions:
            extra = {"topic": self._topic, "count": self._partitions}
            _log.warning("topic's partitions unknown", extra=extra)
        return min(len(partitions or ()) or self._partitions, self._partitions)


def record_bytes(user_data: Sized, members: Mapping[str, ConsumerProtocolMemberMetadata]) -> int:
    """Return the approximate size of the record in which the brokers store the assignments."""
    claims = sum(len(metadata.user_data or b"") for metadata in members.values())
    return claims + len(members) * (len(user_data) + _MEMBER_BYTES)


def _log_excluded(plan: AssignmentPlan, claims: Mapping[str, Claim]) -> None:
    for member in plan.unreachable:
        _log.error("member without an address", extra={"member": member})
    for member in plan.duplicates:
        extra = {"member": member, "address": claims[member].address}
        _log.error("address advertised twice", extra=extra)
