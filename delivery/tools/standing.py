"""Where the delivery group stands: offsets, maps and owners, as Kafka has them."""

from typing import NamedTuple

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment

from delivery.consume.load_trackers import tracker_of
from delivery.core.assignor_messages import decode_owners
from delivery.tools.settings import ToolSettings
from delivery.tools.topic import reader
from runtime.kafka_clients import admin_client

#: Where the members stand in a described group.
_MEMBERS = 5


class Standing(NamedTuple):
    """One partition."""

    place: TopicPartition
    committed: int
    settled: bytes
    """A flag an offset from the committed one upwards, 1 where the map says that it is settled."""
    end: int
    owner: str
    """The address of the instance that has it, empty where none has."""

    @property
    def lag(self) -> int:
        """How many offsets the committed one is behind."""
        return max(0, self.end - self.committed)

    @property
    def settled_beyond(self) -> int:
        """How many of them the map says are settled."""
        return sum(self.settled)

    def is_settled(self, offset: int) -> bool:
        """Whether the offset, or the map, has passed that one."""
        beyond = offset - self.committed
        return beyond < 0 or (beyond < len(self.settled) and bool(self.settled[beyond]))


async def standings(settings: ToolSettings) -> list[Standing]:
    """All partitions. Raises `KafkaError`."""
    async with reader(settings) as topic:
        places = await topic.partitions(settings.kafka_topic)
        ends = await topic.ends(places)
    async with admin_client(settings.kafka_client_options()) as client:
        committed = await client.list_consumer_group_offsets(
            settings.kafka_group_id, partitions=places
        )
        owners = await _owners(client, settings.kafka_group_id)
    found = []
    for place in places:
        tracker = tracker_of(place, committed, 0, epoch=0)
        owner = owners[place.partition] if place.partition < len(owners) else ""
        flags = tracker.settled_beyond()
        found.append(Standing(place, tracker.next_to_commit, flags, ends[place], owner))
    return found


async def _owners(client: AIOKafkaAdminClient, group: str) -> tuple[str, ...]:
    """The map that the group's leader has made, which every member has."""
    (described,) = await client.describe_consumer_groups([group])
    for *_, assignment in described.groups[0][_MEMBERS]:
        if not assignment:
            continue  # it is joining
        given = ConsumerProtocolMemberAssignment.decode(assignment)
        owners = decode_owners(given.user_data)
        if owners is not None:
            return owners
    return ()
