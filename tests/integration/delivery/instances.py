"""The state of running instances: their partitions from their logs, the rest from metrics."""

import re

from tests.services.http import http_client
from tests.services.program import Program
from tests.services.waiting import eventually
from tests.services.world import World

_SETTLED = re.compile(r'^delivery_records_settled_total\{outcome="(\w+)"\} (\S+)$', re.MULTILINE)


async def share_all_partitions(world: World, *instances: Program) -> None:
    """Wait until these instances have all partitions of the topic, and each has some."""

    async def shared() -> bool:
        counts = [_partitions(each) for each in instances]
        return all(counts) and sum(counts) == world.settings.kafka_topic_partitions

    await eventually(shared)


async def settled(instance: Program) -> dict[str, int]:
    """Return how many records this process has settled since its start, by outcome."""
    async with http_client(instance.url) as client:
        text = (await client.get("/metrics")).text
    return {outcome: int(float(count)) for outcome, count in _SETTLED.findall(text)}


async def all_live(count: int, instance: Program) -> None:
    """Wait until `count` users are live, so that their records wait for their acks.

    Before that, a record may be parked and come from the inbox. Then its offset passes without an
    ack.
    """

    async def are() -> bool:
        return (await instance.samples()).get('delivery_users{state="live"}') == count

    await eventually(are)


def _partitions(instance: Program) -> int:
    events = instance.events
    counts = [event["count"] for event in events if event["event"] == "partitions assigned"]
    return int(counts[-1]) if counts else 0
