"""Damaged logs, and topics that are created again: each partition continues as soon as it can."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from producer_api.contract.events import ReceiptType, headers
from producer_api.contract.topics import ensure_topics
from tests.integration.away.entries import collection
from tests.services.parts import Services, suspended
from tests.services.program import Program, running
from tests.services.segments import Byte, byte_of
from tests.services.waiting import eventually
from tests.services.webhook_receiver import WebhookReceiver
from tests.services.world import World

_IN_A_VALUE, _IN_THE_LENGTH = -40, 8


@dataclass
class _Shop:
    """Three users in three partitions, and what the receiver must have been told."""

    world: World
    receiver: WebhookReceiver
    program: Program
    services: Services
    created: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.topic = self.world.settings.kafka_topic
        self.receipts = self.world.settings.receipt_topic
        (self.ana,), (self.berto,), (self.carla,) = (
            self.world.users_of_partition(partition, 1) for partition in range(3)
        )

    async def create(self, user: str, count: int = 1) -> None:
        self.created += await self.world.create(user, count)

    async def are_told(self, ids: list[str]) -> None:
        async def are() -> bool:
            return set(ids) <= set(self.receiver.ids())

        await eventually(are)

    async def all_are_told(self) -> None:
        async def are_told() -> bool:
            return sorted(self.receiver.ids()) == sorted(self.created)

        await eventually(are_told)

    async def stand_still(self, count: int) -> None:
        """Wait until this many partitions stand still."""

        async def do() -> bool:
            samples = await self.program.samples()
            return samples.get("delivery_away_partition_stopped", 0) == count

        await eventually(do)

    def byte(self, topic: str, partition: int, offset: int, at: int) -> Byte:
        return byte_of(self.services, topic, partition, offset, at)

    async def write_receipt(self) -> None:
        await self.world.producer.send_and_wait(
            self.receipts,
            partition=0,
            key=b"ana",
            value=b'{"notification_id":"n","user_id":"ana"}',
            headers=headers("r", ReceiptType.DELIVERED, "/test", datetime.now(UTC).isoformat()),
        )


async def test_damaged_batches_and_new_topics_lose_nothing_and_stop_no_other_partition(
    world: World, away: Callable[..., Program], receiver: WebhookReceiver, services: Services
) -> None:
    program = away()
    shop = _Shop(world, receiver, program, services)
    async with running(program):
        for user in (shop.ana, shop.berto):
            await shop.create(user)
        await shop.all_are_told()
        await _damaged_batches_wait(shop)
        await _the_topic_is_made_again(shop)
    assert {line["event"] for line in program.events} >= {
        "away partition stopped",
        "away partition resumed",
        "away records skipped",
        "away topic replaced",
    }


async def _damaged_batches_wait(shop: _Shop) -> None:
    """Damage three batches. One is repaired, one is skipped, and one of receipts stops nothing.

    If a byte flips in the length of a batch that was read before, the broker finds none of the
    batches behind it, and aiokafka raises no error.
    """
    with suspended(shop.program):
        length = shop.byte(shop.topic, 0, 0, _IN_THE_LENGTH)
        length.flip(0x40)
        # Create these only after the damage. Earlier ones would answer the fetch that waits at the
        # broker.
        repaired = await shop.world.create(shop.ana, 2)
        await shop.world.create(shop.berto)
        shop.byte(shop.topic, 1, 1, _IN_A_VALUE).flip()
        await shop.create(shop.berto)
        await shop.write_receipt()
        shop.byte(shop.receipts, 0, 0, _IN_A_VALUE).flip()
        carla = await shop.world.create(shop.carla)
    await shop.are_told(carla)
    await shop.stand_still(2)
    length.flip(0x40)
    note = {"_id": f"{shop.topic}/1", "topic": shop.topic, "partition": 1}
    notes = collection(shop.world, "stopped_partitions")
    await notes.insert_one({**note, "offset": 1, "skip_to": 2})
    shop.created += [*repaired, *carla]
    await shop.all_are_told()
    await shop.stand_still(0)


async def _the_topic_is_made_again(shop: _Shop) -> None:
    """The new log grows beyond the position in the old one while the program is suspended."""
    with suspended(shop.program):
        await shop.world.admin.delete_topics([shop.topic])

        async def is_gone() -> bool:
            return shop.topic not in await shop.world.admin.list_topics()

        await eventually(is_gone)
        await ensure_topics(shop.world.settings)
        await shop.create(shop.ana, 8)
    await shop.all_are_told()
