"""Our partition assignor: sticky, and it tells every member who owns what."""

import logging
from collections.abc import Iterable, Mapping

from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import (
    ConsumerProtocolMemberAssignment,
    ConsumerProtocolMemberMetadata,
)

from delivery.core.assign_partitions import AssignmentPlan, assign_partitions
from delivery.core.assignor_messages import (
    Claim,
    decode_claim,
    decode_owners,
    encode_claim,
    encode_owners,
)
from delivery.core.ownership import Ownership, is_address

_log = logging.getLogger(__name__)

#: Of the fields that Kafka defines around `user_data`, not of what we write into them.
_PROTOCOL_VERSION = 0


class StickyAssignor(AbstractPartitionAssignor):  # type: ignore[misc] # aiokafka has no types
    """Owns what this instance claims as it joins: the last assignment whose generation it knows.

    One a consumer, passed as an instance: `partition_assignment_strategy=(assignor,)`. It need
    not forget anything when the membership is lost: a claim of an older generation loses to any
    newer one, and where there is none, the partition is as well here as anywhere.

    aiokafka calls `metadata`, `assign` (the leader's only) and `on_assignment`, without awaiting
    anything. An exception in `assign` stops the group: nothing that others sent may raise one.
    """

    #: The members of a group agree on it; one that reads claims differently needs another name.
    name = "sticky-owners"

    def __init__(self, topic: str, address: str) -> None:
        """For the one topic; `address` is where peers reach us. Raises `ValueError`."""
        if not is_address(address):
            raise ValueError(f"not an address that peers can be given: {address!r}")
        self._topic = topic
        self._claim = Claim(address)
        self._given: frozenset[int] = frozenset()
        self._owners: tuple[str, ...] = ()

    def begin(self, generation: int) -> Ownership:
        """The map of the assignment that has just been given, of that Kafka generation.

        To be called in `on_partitions_assigned`; from then on, we claim what it gave us.
        """
        self._claim = Claim(self._claim.address, generation, self._given)
        return Ownership(generation, self._owners)

    def metadata(self, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        """What we say of ourselves as we join."""
        said = encode_claim(self._claim)
        return ConsumerProtocolMemberMetadata(_PROTOCOL_VERSION, list(topics), said)

    def assign(
        self, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """As the leader: the share of each member, and the map."""
        claims = {
            member: decode_claim(metadata.user_data)
            for member, metadata in members.items()
            if self._topic in (metadata.subscription or ())
        }
        plan = assign_partitions(self._count(cluster), claims)
        _report(plan, claims)
        said = encode_owners(plan.owners)
        return {
            member: ConsumerProtocolMemberAssignment(
                _PROTOCOL_VERSION, [(self._topic, plan.shares.get(member, []))], said
            )
            for member in members
        }

    def on_assignment(self, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Keep what the leader gave us, until `begin` says of which generation."""
        self._given = frozenset(
            place.partition for place in assignment.partitions() if place.topic == self._topic
        )
        owners = decode_owners(assignment.user_data)
        if owners is None:
            # Without it nobody here can tell whose a user is; what we own is consumed, and parked.
            _log.error("the leader's map of owners cannot be read: no owner is known")
        self._owners = owners or ()

    def _count(self, cluster: ClusterMetadata) -> int:
        """The topic's partitions.

        A broker that has just started may not know the topic for a moment. To take everything
        from everyone for that would cost users a pause: the last map knows, if there was one.
        aiokafka has the group join again as soon as the topic is known.
        """
        partitions = cluster.partitions_for_topic(self._topic)
        if not partitions:
            extra = {"topic": self._topic, "count": len(self._owners)}
            _log.warning("the topic's partitions are not known, taking the last map's", extra=extra)
        return len(partitions or self._owners)


def _report(plan: AssignmentPlan, claims: Mapping[str, Claim]) -> None:
    for member in plan.unreachable:
        _log.error("member without a readable address", extra={"member": member})
    for member in plan.namesakes:
        extra = {"member": member, "address": claims[member].address}
        _log.error("member that advertises another one's address", extra=extra)
