"""Checks whether the records that Kafka has confirmed survive the loss of a broker."""

import logging
from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

_log = logging.getLogger(__name__)

MIN_INSYNC = "min.insync.replicas"


def min_insync(replicas: int) -> int | None:
    """Return how many replicas must have a record before Kafka confirms it; None for the default.

    If two replicas must have it, a confirmed record survives the loss of a broker. This needs three
    replicas in all: with only two, publishing would stop whenever one broker is down.
    """
    return 2 if replicas >= 3 else None  # noqa: PLR2004 - see above


def weakness(replicas: int, required: int, brokers: int) -> str | None:
    """Return what is wrong with the durability of a topic; None if nothing.

    `required` is the topic's `min.insync.replicas`. Returns None for a single broker, because
    nothing can be improved then.
    """
    if brokers == 1:
        return None
    if required < 2:  # noqa: PLR2004 - see `min_insync`
        return "confirmed records may be lost with one broker"
    if required >= replicas:
        return "nothing can be published while one broker is down"
    return None


async def warn_of_weak_topics(
    admin: AIOKafkaAdminClient, replicas: Iterable[tuple[str, int]], brokers: int
) -> None:
    """Log the weakness of each topic. `replicas` has names and counts. Raises `KafkaError`."""
    counts = dict(replicas)
    kind = ConfigResourceType.TOPIC
    resources = [ConfigResource(kind, name, {MIN_INSYNC: ""}) for name in counts]
    for answer in await admin.describe_configs(resources) if resources else ():
        for *_, name, entries in answer.resources:
            required = next((int(entry[1]) for entry in entries if entry[0] == MIN_INSYNC), 1)
            problem = weakness(counts[name], required, brokers)
            if problem is not None:
                fields = {"topic": name, "replicas": counts[name], "min_insync": required}
                _log.warning("topic not durable", extra={**fields, "cause": problem})
