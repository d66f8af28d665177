"""What running instances say of themselves: their partitions by their logs, the rest by metrics."""

import re

from tests.services.http import http_client
from tests.services.program import Program
from tests.services.waiting import eventually
from tests.services.world import World

_SETTLED = re.compile(r'^delivery_records_settled_total\{outcome="(\w+)"\} (\S+)$', re.MULTILINE)


async def share_all_partitions(world: World, *instances: Program) -> None:
    """Wait until these have all of the topic's partitions between them, and each has some."""

    async def shared() -> bool:
        counts = [_partitions(each) for each in instances]
        return all(counts) and sum(counts) == world.settings.kafka_topic_partitions

    await eventually(shared)


async def settled(instance: Program) -> dict[str, int]:
    """How many records this process has settled since it began, by outcome."""
    async with http_client(instance.url) as client:
        text = (await client.get("/metrics")).text
    return {outcome: int(float(count)) for outcome, count in _SETTLED.findall(text)}


async def all_live(count: int, instance: Program) -> None:
    """Wait until that many users are fed from the log: what comes then waits for their acks.

    Until then it may be parked, and come from the inbox: its offset says nothing of an ack.
    """

    async def are() -> bool:
        return (await instance.samples()).get('delivery_users{state="live"}') == count

    await eventually(are)


def _partitions(instance: Program) -> int:
    events = instance.events
    counts = [event["count"] for event in events if event["event"] == "partitions assigned"]
    return int(counts[-1]) if counts else 0
