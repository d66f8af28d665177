"""The outbox and the log, as a test reads them from MongoDB and Kafka."""

from typing import Any

import orjson

from tests.services.program import Program
from tests.services.waiting import eventually
from tests.services.world import World

#: For a process that a test kills: it leaves its intents open until then, and waits for Kafka.
PATIENT = {
    "PRODUCER_API_PUBLISH_TIMEOUT_SECONDS": "60",
    "PRODUCER_API_LEASE_SECONDS": "61",
}


def outbox(world: World) -> Any:
    """Return the collection of intents."""
    return world.mongo[world.settings.mongo_database]["outbox"]


def leases(world: World) -> Any:
    """Return the collection of leases."""
    return world.mongo[world.settings.mongo_database]["leases"]


async def kill(patient: Program, world: World) -> None:
    """Kill the process, and free the relay's lease, which it may hold for longer than the test."""
    await patient.kill()
    await leases(world).delete_many({})


def idempotency(world: World) -> Any:
    """Return the collection of requests with an idempotency key."""
    return world.mongo[world.settings.mongo_database]["idempotency"]


async def drained(world: World) -> None:
    """Wait until the outbox is empty, so that Kafka has everything."""

    async def is_empty() -> bool:
        return bool(await outbox(world).count_documents({}) == 0)

    await eventually(is_empty)


async def created_on_the_log(world: World) -> dict[bytes, Any]:
    """Return the created notifications on the topic, by record key."""
    records = await world.records(world.settings.kafka_topic)
    return {
        record.key: orjson.loads(record.value)
        for record in records
        if dict(record.headers)["ce_type"] == b"notification.created"
    }


async def logged(world: World) -> list[str]:
    """Return the event ids on the topic without repeats, in order within each partition."""
    records = await world.records(world.settings.kafka_topic)
    return list(dict.fromkeys(dict(record.headers)["ce_id"].decode() for record in records))


async def leave_open(world: World, name: str, **fields: Any) -> None:
    """Store an open intent, as if a process had died and left it."""
    await outbox(world).update_one(
        {"_id": name},
        {
            "$set": {"state": "open", "ids": [], "records": [], **fields},
            "$currentDate": {"opened_at": True},
        },
        upsert=True,
    )


A_MARK = {
    "key": b"ana",
    "value": b'{"changed": []}',
    "headers": [["ce_id", b"a mark"], ["ce_type", b"notification.read"]],
}


async def folded_count(world: World) -> int:
    return int(await world.inbox.count_documents({"folded": True}))
