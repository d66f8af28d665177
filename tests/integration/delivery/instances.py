"""The state of running instances, from their logs and metrics."""

import re
from typing import Any

from tests.services.http import http_client
from tests.services.program import Program
from tests.services.tokens import reader_token
from tests.services.waiting import eventually
from tests.services.world import World

_SETTLED = re.compile(r'^delivery_records_settled_total\{outcome="(\w+)"\} (\S+)$', re.MULTILINE)


async def share_all_partitions(world: World, *instances: Program) -> None:
    """Wait until these instances have all partitions of the topic, and each has at least one."""

    async def have_all() -> bool:
        counts = [_partitions(instance) for instance in instances]
        return all(counts) and sum(counts) == world.settings.kafka_topic_partitions

    await eventually(have_all)


async def settled(instance: Program) -> dict[str, int]:
    """Return the number of records that this process has settled since it started, by outcome."""
    async with http_client(instance.url) as client:
        text = (await client.get("/metrics")).text
    return {outcome: int(float(count)) for outcome, count in _SETTLED.findall(text)}


async def status_of(instance: Program) -> dict[str, Any]:
    """Return the report of `GET /status`, with the partitions by their number."""
    async with http_client(instance.url) as client:
        answer = await client.get("/status", headers={"Authorization": f"Bearer {reader_token()}"})
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report | {"partitions": {each["partition"]: each for each in report["partitions"]}}


async def all_live(count: int, instance: Program) -> None:
    """Wait until `count` users are live. Their records are then settled only by acks.

    Before that, a record may be parked: its notification comes from the inbox, and the offset
    passes the record without an ack.
    """

    async def are_live() -> bool:
        return (await instance.samples()).get('delivery_users{state="live"}') == count

    await eventually(are_live)


def _partitions(instance: Program) -> int:
    events = instance.events
    counts = [event["count"] for event in events if event["event"] == "partitions assigned"]
    return int(counts[-1]) if counts else 0
