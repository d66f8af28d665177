"""A malformed record becomes a dead letter, and the records around it are delivered."""

from typing import Any

from aiokafka.client import AIOKafkaClient

from delivery.dead_letters.record import is_cloud_event
from tests.fuzz.malformed_cases import MIB, MalformedLog, write_cases
from tests.integration.delivery.instances import all_live
from tests.services.program import Program, running
from tests.services.shopper import Shopper, connected
from tests.services.world import World


async def test_malformed_records_are_dead_letters_and_those_around_them_arrive_live(
    world: World, delivery: Program
) -> None:
    (user,) = world.users_of_partition(0, 1)
    ana = Shopper(user, delivery.url)
    client = AIOKafkaClient(bootstrap_servers=world.settings.kafka_bootstrap_servers)
    log = MalformedLog(world, client, user)
    try:
        await client.bootstrap()
        async with running(delivery), connected(ana):
            await all_live(1, delivery)
            reasons, bombed = await write_cases(log, world, user)
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
            assert int(fields["dlq_size"]) > 8 * MIB
            assert (letter.key, letter.value) == (user.encode(), None)
            assert fields["ce_id"] == bombed.encode()


async def _letters(world: World) -> list[Any]:
    return await world.records(world.settings.dead_letter_topic)
