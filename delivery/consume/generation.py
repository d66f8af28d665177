"""The generation of the group that a consumer is in, which aiokafka tells nobody."""

from aiokafka import AIOKafkaConsumer

from delivery.core.ownership import NO_GENERATION


def generation_of(consumer: AIOKafkaConsumer) -> int:
    """The generation, or `NO_GENERATION` before the first join and once the membership is lost.

    It is that of the assignment from `on_partitions_assigned` to the next
    `on_partitions_revoked`, in which -1 says that the partitions may be another's by now.
    """
    # Only the coordinator knows it, and no public name leads there. A consumer that was not
    # started has none.
    coordinator = consumer._coordinator  # noqa: SLF001
    return NO_GENERATION if coordinator is None else int(coordinator.generation)
