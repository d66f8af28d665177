"""Reads a consumer's generation and member id, which aiokafka does not expose."""

from aiokafka import AIOKafkaConsumer

from delivery.core.ownership import NO_GENERATION


def generation_of(consumer: AIOKafkaConsumer) -> int:
    """Return the generation, or `NO_GENERATION` while the consumer is not in the group.

    From `on_partitions_assigned` to the next `on_partitions_revoked` it is the generation of the
    assignment. In `on_partitions_revoked` it may be `NO_GENERATION`: then the membership was lost,
    and the partitions may already belong to another member.
    """
    # Only the coordinator knows the generation, and it has no public attribute. A consumer that
    # has not been started has no coordinator.
    coordinator = consumer._coordinator  # noqa: SLF001
    return NO_GENERATION if coordinator is None else int(coordinator.generation)


def member_id_of(consumer: AIOKafkaConsumer) -> str:
    """Return the id that the group gave to this member; "" while the consumer is not in it."""
    coordinator = consumer._coordinator  # noqa: SLF001 - as above
    return "" if coordinator is None else str(coordinator.member_id)
