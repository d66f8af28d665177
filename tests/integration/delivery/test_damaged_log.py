"""A damaged batch stops only its partition. Later records wait until a repair or a skip."""

import pytest
from aiokafka.client import AIOKafkaClient

from delivery.tools.skip import show_stopped, skip
from delivery.tools.status import status
from tests.integration.delivery.instances import all_live
from tests.integration.delivery.judged import Judged
from tests.services.parts import Services, suspended
from tests.services.program import Program, running
from tests.services.screen import Screen
from tests.services.segments import byte_of
from tests.services.shopper import Shopper, connected
from tests.services.waiting import eventually
from tests.services.world import World

_IN_A_VALUE = -40


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> list[AIOKafkaClient]:
    """The Kafka clients that this process has connected."""
    found: list[AIOKafkaClient] = []
    bootstrap = AIOKafkaClient.bootstrap

    async def noted(client: AIOKafkaClient) -> None:
        found.append(client)
        await bootstrap(client)

    monkeypatch.setattr(AIOKafkaClient, "bootstrap", noted)
    return found


async def test_a_flipped_byte_stops_its_partition_alone_until_it_is_repaired(
    world: World, delivery: Program, judged: Judged, services: Services
) -> None:
    users = [world.users_of_partition(number, 2) for number in range(3)]
    shoppers = [judged.shopper(user) for pair in users for user in pair]
    created: dict[str, list[str]] = {}

    async def create(count: int) -> None:
        for shopper in shoppers:
            created.setdefault(shopper.user, []).extend(await world.create(shopper.user, count))

    async with running(delivery), connected(*shoppers):
        await all_live(len(shoppers), delivery)
        await create(2)
        for shopper in shoppers:
            await shopper.has(2)
        await world.all_committed()
        good = await world.committed_of(0)
        with suspended(delivery):  # so that its next fetch covers all partitions
            await create(5)
            damaged = byte_of(services, world.settings.kafka_topic, 0, good, _IN_A_VALUE)
            damaged.flip()
        await create(5)
        for shopper in shoppers[2:]:  # the users of the other partitions
            await shopper.until(lambda shopper=shopper: shopper.acked == created[shopper.user])  # type: ignore[misc]

        async def is_stopped() -> bool:
            samples = await delivery.samples()
            return samples.get('delivery_partition_stopped{partition="0"}') == 1

        await eventually(is_stopped)
        assert await world.committed_of(0) == good
        assert (await delivery.samples())["delivery_partition_stopped"] == 1, (
            "no other partition may stop"
        )
        (event,) = [event for event in delivery.events if event["event"] == "partition stopped"]
        assert (event["partition"], event["offset"]) == (0, good)
        assert "checksum" in event["reason"]
        damaged.flip()
        for shopper in shoppers:
            await shopper.until(lambda shopper=shopper: shopper.acked == created[shopper.user])  # type: ignore[misc]
        await world.all_committed()
        assert not await is_stopped()


async def test_an_operator_skips_a_damaged_batch_after_looking_at_it(
    world: World,
    delivery: Program,
    services: Services,
    stack_env: dict[str, str],
    clients: list[AIOKafkaClient],
) -> None:
    (user,) = world.users_of_partition(0, 1)
    ana = Shopper(user, delivery.url)
    screen = Screen(stack_env)
    topic = world.settings.kafka_topic
    async with running(delivery), connected(ana):
        await all_live(1, delivery)
        with suspended(delivery):
            damaged = await world.create(user, 3)
            byte_of(services, topic, 0, 0, _IN_A_VALUE).flip()
            after = await world.create(user, 2)

        async def is_noted() -> bool:
            return await show_stopped(screen.settings, screen.console) == 1

        await eventually(is_noted)
        assert "partition 0 stands still at offset 0" in screen.read()
        # Each command connects only one client to Kafka, because a connection costs several
        # handshakes.
        assert (await status(screen.settings, screen.console, once=True), len(clients)) == (0, 1)
        assert "stands still" in screen.read()
        assert await skip(screen.settings, 0, None, screen.console, apply=False) == 0
        assert len(clients) == 2
        shown = screen.read()
        for part in ("offsets 0 to 2", "owes 5 notifications", damaged[0], "repeat with --apply"):
            assert part in shown
        assert await world.committed_of(0) == 0
        assert await skip(screen.settings, 0, None, screen.console, apply=True) == 0
        await ana.until(lambda: len(ana.acked) == 5)
        await world.all_committed()
        created = await world.create(user)
        await ana.until(lambda: created[0] in ana.acked)
    assert ana.acked == [*damaged, *after, *created], "nothing may be missing"
    (letter,) = await world.records(world.settings.dead_letter_topic)
    fields = {name: (text or b"").decode() for name, text in letter.headers}
    assert (fields["dlq_offset"], fields["dlq_last_offset"]) == ("0", "2")
    assert "skipped by an operator: its checksum" in fields["dlq_reason"]


@pytest.mark.parametrize(
    ("at", "bits"),
    [
        # Of these fields, the checksum covers only the codec.
        pytest.param(6, 0x01, id="base offset"),
        pytest.param(8, 0x40, id="length: too large"),
        pytest.param(11, 0x40, id="length: another"),
        pytest.param(16, 0x03, id="message format"),
        pytest.param(22, 0x05, id="codec"),
    ],
)
async def test_a_damaged_header_stops_the_partition_and_passes_nothing(
    world: World, delivery: Program, judged: Judged, services: Services, at: int, bits: int
) -> None:
    (user,) = world.users_of_partition(0, 1)
    ana = judged.shopper(user)
    async with running(delivery), connected(ana):
        await all_live(1, delivery)
        with suspended(delivery):
            created = await world.create(user, 3)
            damaged = byte_of(services, world.settings.kafka_topic, 0, 0, at)
            created += await world.create(user, 3)
            damaged.flip(bits)

        async def is_stopped() -> bool:
            return (await delivery.samples())["delivery_partition_stopped"] == 1

        await eventually(is_stopped)
        assert await world.committed_of(0) == 0
        damaged.flip(bits)
        await ana.until(lambda: ana.acked == created)
        await world.all_committed()
