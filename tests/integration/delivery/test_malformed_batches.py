"""A malformed record is lost alone: the records around it are delivered."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from aiokafka.client import AIOKafkaClient

from delivery.dead_letters.record import is_cloud_event
from producer_api.contract.events import EventType, headers
from producer_api.contract.notification import public_json, rfc3339
from tests.fuzz.batches import RawBatch, RawRecord, produce
from tests.integration.delivery.instances import all_live
from tests.services.program import Program, running
from tests.services.shopper import Shopper, connected
from tests.services.world import World

_MIB = 1024 * 1024


class _Log:
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


async def _write_cases(log: _Log, world: World, user: str) -> tuple[dict[int, str], str]:
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
        large = replace(bomb, value=b" " * (size * _MIB))
        base = await log.write([*await log.good(), large, *await log.good()], codec)
        reasons[base + 1] = f"{size * _MIB:,} bytes"
    records = zip(await log.good(3), (5_000, 0, 0), strict=True)
    await log.write([replace(record, offset_delta=delta) for record, delta in records])
    base = await log.write([RawRecord(), *await log.good()])
    reasons[base] = "ce_type is missing"
    base = await log.write([RawRecord(user.encode(), b"{}", [(b"", None)] * 2_000)])
    reasons[base] = "2,000 headers"
    await log.write(await log.good(), codec=1)
    return reasons, two["_id"]


async def test_malformed_records_are_dead_letters_and_those_around_them_arrive_live(
    world: World, delivery: Program
) -> None:
    (user,) = world.users_of_partition(0, 1)
    ana = Shopper(user, delivery.url)
    client = AIOKafkaClient(bootstrap_servers=world.settings.kafka_bootstrap_servers)
    log = _Log(world, client, user)
    try:
        await client.bootstrap()
        async with running(delivery), connected(ana):
            await all_live(1, delivery)
            reasons, bombed = await _write_cases(log, world, user)
            await ana.until(lambda: len(ana.acked) >= len(log.created))
            await world.all_committed()
            assert (await delivery.samples())['delivery_users{state="live"}'] == 1
    finally:
        await client.close()
    assert ana.acked == log.created
    letters = {int(dict(one.headers)["dlq_offset"]): one for one in await _letters(world)}
    assert letters.keys() == reasons.keys()
    for offset, letter in letters.items():
        fields = dict(letter.headers)
        assert reasons[offset] in fields["dlq_reason"].decode()
        assert is_cloud_event(letter.headers)
        if "bytes" in reasons[offset]:
            assert int(fields["dlq_size"]) > 8 * _MIB
            assert (letter.key, letter.value) == (user.encode(), None)
            assert fields["ce_id"] == bombed.encode()


async def _letters(world: World) -> list[Any]:
    return await world.records(world.settings.dead_letter_topic)
