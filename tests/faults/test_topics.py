"""The topic changes under both programs: it gains partitions, or is deleted and created again."""

import time

import httpx
from aiokafka.admin import NewPartitions

from tests.faults.conftest import FleetOf, ProducersOf
from tests.integration.delivery.instances import all_live
from tests.integration.delivery.judged import Judged
from tests.integration.producer_api.api import Api
from tests.services.http import http_client
from tests.services.program import Program
from tests.services.shopper import connected
from tests.services.waiting import eventually
from tests.services.world import World

_USERS = [f"user-{number}" for number in range(12)]
_PROBLEM = "partitions, but had 6 at the first start"


async def _not_ready(program: Program, problem: str) -> None:
    """Wait until the program is not ready because of this problem, and its metrics say so."""
    prefix = "producer" if program.name == "producer_api" else program.name

    async def says_so() -> bool:
        try:
            async with http_client(program.url) as client:
                ready = await client.get("/readyz")
        except httpx.ConnectError:
            return False  # the program is starting
        mismatch = (await program.samples()).get(f"{prefix}_topic_mismatch")
        return ready.status_code == 503 and problem in ready.text and mismatch == 1

    await eventually(says_so)


async def test_added_partitions_are_refused_with_a_reason_and_users_stay_where_they_are(
    world: World, producers_of: ProducersOf, fleet_of: FleetOf, judged: Judged
) -> None:
    producers, fleet = producers_of({}), fleet_of(1)
    async with producers.running(), fleet.running(0):
        api, delivery = producers[0], fleet[0]
        shoppers = [judged.shopper(user, url=delivery.url) for user in _USERS]
        async with connected(*shoppers):
            await all_live(len(_USERS), delivery)
            await world.admin.create_partitions({world.settings.kafka_topic: NewPartitions(12)})
            await _not_ready(delivery, f"12 {_PROBLEM}")
            await _not_ready(api, f"12 {_PROBLEM}")
            await api.stop()
            await api.start_unready()
            await _not_ready(api, f"12 {_PROBLEM}")
            created = await _create(api, world)
            for shopper in shoppers:
                await shopper.has(1)
            await world.all_delivered(created)
            # An instance that starts now must assign the same partitions as before.
            await delivery.stop()
            await delivery.start_unready()
            await _not_ready(delivery, f"12 {_PROBLEM}")
        again = [judged.shopper(user, url=delivery.url) for user in _USERS]
        async with connected(*again):
            await all_live(len(_USERS), delivery)
            created += await _create(api, world)
            for shopper in again:
                await shopper.has(1)
            await world.all_delivered(created)


async def test_both_programs_go_on_with_a_topic_that_was_made_again(
    world: World, producers_of: ProducersOf, fleet_of: FleetOf, judged: Judged
) -> None:
    producers, fleet = producers_of({}), fleet_of(1)
    async with producers.running(), fleet.running(0):
        api, delivery = producers[0], fleet[0]
        shoppers = [judged.shopper(user, url=delivery.url) for user in _USERS]
        async with connected(*shoppers):
            await all_live(len(_USERS), delivery)
            created = await _create(api, world)
            await world.all_delivered(created)
            await world.all_committed()
            topics = [world.settings.kafka_topic, world.settings.dead_letter_topic]
            await world.admin.delete_topics(topics)
            deleted_at = time.time()
            created += await _create(api, world)
            for shopper in shoppers:
                await shopper.has(2)
            await world.all_delivered(created)
            await world.all_committed()

            async def exist_again() -> bool:
                return set(topics) < set(await world.admin.list_topics())

            async def replaced_in_all() -> bool:
                changes = [
                    event["partition"]
                    for event in delivery.events
                    if (event["event"], event.get("change")) == ("log changed", "replaced")
                ]
                return len(set(changes)) == world.settings.kafka_topic_partitions

            await eventually(exist_again)
            await eventually(replaced_in_all)
            judged.log_replaced = deleted_at, time.time()
            # Records of the previous round may have been lost with the old log, because the broker
            # deletes it some time after the request.
            created += await _create(api, world)
            for shopper in shoppers:
                await shopper.has(3)
            await world.all_delivered(created)
            await world.all_committed()
            keys = {record.key.decode() for record in await world.records(topics[0])}
            assert keys == set(_USERS), "the new log must have records of all users"


async def _create(api: Program, world: World) -> list[str]:
    assert world.accepted is not None
    async with Api(api.url) as calls:
        created = [(await calls.created(user))["id"] for user in _USERS]
    for notification_id, user in zip(created, _USERS, strict=True):
        world.accepted.note(notification_id, user)
    return created
