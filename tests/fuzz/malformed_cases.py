"""Malformed records among good ones, each of a kind that brokers accept."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from aiokafka.client import AIOKafkaClient

from producer_api.contract.events import EventType, headers
from producer_api.contract.notification import public_json, rfc3339
from tests.fuzz.batches import RawBatch, RawRecord, produce
from tests.services.world import World

MIB = 1024 * 1024


class MalformedLog:
    """Creates notifications, and writes their records in raw batches to partition 0."""

    def __init__(self, world: World, client: AIOKafkaClient, user: str) -> None:
        self._world = world
        self._client = client
        self._user = user
        self.created: list[str] = []

    async def good(self, count: int = 1) -> list[RawRecord]:
        """Return the records of new notifications."""
        documents = [self._world.document(self._user) for _ in range(count)]
        await self._world.inbox.insert_many(documents)
        self.created += [document["_id"] for document in documents]
        return [_record(document) for document in documents]

    async def write(self, records: Sequence[RawRecord], codec: int = 0, **changes: Any) -> int:
        """Write a batch, and return its base offset."""
        batch = RawBatch(records, codec).but(**changes)
        return await produce(self._client, self._world.settings.kafka_topic, 0, batch.encode())


def _record(document: Any) -> RawRecord:
    created_at = rfc3339(document["created_at"]) or ""
    fields = headers(document["_id"], EventType.CREATED, "/test", created_at)
    key = document["user_id"].encode()
    return RawRecord(key, public_json(document), [(k.encode(), v) for k, v in fields])


async def write_cases(log: MalformedLog, world: World, user: str) -> tuple[dict[int, str], str]:
    """Write malformed records among good ones.

    Returns the reasons of the expected dead letters by offset, and the id that the bombs name.
    """
    one, two = (world.document(user) for _ in range(2))
    named = _record(one)
    named = replace(named, headers=[*named.headers, (b"\xff\xfe", b"x")])
    bomb = RawRecord(user.encode(), headers=_record(two).headers)
    base = await log.write([*await log.good(), named, *await log.good()])
    reasons = {base + 1: "not UTF-8"}
    for codec, size in ((1, 70), (2, 8), (3, 8), (4, 8)):  # snappy packs less densely
        large = replace(bomb, value=b" " * (size * MIB))
        base = await log.write([*await log.good(), large, *await log.good()], codec)
        reasons[base + 1] = f"{size * MIB:,} bytes"
    records = zip(await log.good(3), (5_000, 0, 0), strict=True)
    await log.write([replace(record, offset_delta=delta) for record, delta in records])
    base = await log.write([RawRecord(), *await log.good()])
    reasons[base] = "ce_type is missing"
    base = await log.write([RawRecord(user.encode(), b"{}", [(b"", None)] * 2_000)])
    reasons[base] = "2,000 headers"
    await log.write(await log.good(), codec=1)
    return reasons, two["_id"]
