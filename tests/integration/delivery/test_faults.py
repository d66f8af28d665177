"""Crashes, restarts and outages: nothing is lost, and no offset passes an unsettled record."""

import os
import signal
from collections.abc import Iterator

import httpx
import pytest

from tests.faults.proxy import KafkaLink
from tests.integration.delivery.instances import all_live, settled
from tests.integration.delivery.judged import Judged
from tests.services.http import http_client
from tests.services.parts import Services, away
from tests.services.program import Program, running
from tests.services.shopper import connected
from tests.services.waiting import eventually
from tests.services.world import World

pytestmark = pytest.mark.restarts_parts


async def test_after_a_crash_records_in_the_settled_map_are_not_pushed_again(
    world: World, delivery: Program, judged: Judged, stack_env: dict[str, str]
) -> None:
    stack_env["DELIVERY_ACK_TIMEOUT_SECONDS"] = "120"  # no second push during the test
    judged.max_duplicates = 1  # only the record in flight, none of those in the map
    held_user, quick_user = world.users_of_partition(0, 2)
    held = judged.shopper(held_user, acking=False, device="held")
    quick = judged.shopper(quick_user, device="quick")
    async with running(delivery):
        async with connected(held, quick):
            await all_live(2, delivery)
            first = await world.create(held_user)
            await held.has(1)
            delivered = await world.create(quick_user, 200)
            await quick.until(lambda: quick.acked == delivered)

            async def whole_map() -> bool:
                return (await judged.verdict()).counts.settled_by_map == len(delivered)

            await eventually(whole_map)
            await delivery.kill()
        await delivery.start()
        again = judged.shopper(quick_user, device="quick")
        back = judged.shopper(held_user, device="held")
        async with connected(again, back):
            await back.has(1)
            last = await world.create(quick_user)
            await again.has(1)
            await world.all_committed()
            await world.all_receipts_confirmed()
            outcomes = await settled(delivery)
    assert sum(outcomes.values()) == len(first + last)
    assert back.received == first
    assert again.received == last


async def test_a_crash_with_half_the_window_acked_loses_nothing(
    world: World, delivery: Program, judged: Judged
) -> None:
    users = world.users_of_partition(0, 10)
    before = [
        judged.shopper(user, acking=index % 2 == 0, device=user) for index, user in enumerate(users)
    ]
    created: dict[str, list[str]] = {}
    async with running(delivery):
        async with connected(*before):
            for user in users:
                created[user] = await world.create(user, 20)
            for shopper in before:
                await shopper.has(1)
            await delivery.kill()
        received = [id_ for shopper in before for id_ in shopper.received]
        # Notifications without a `delivered_at` are owed, acked or not, and so are pushed again.
        judged.max_duplicates = len(received) - len(await world.delivered(received))
        await delivery.start()
        after = [judged.shopper(user, device=user) for user in users]
        async with connected(*after):
            for shopper, earlier in zip(after, before, strict=True):
                everything = set(created[shopper.user])
                await shopper.until(
                    lambda shopper=shopper, earlier=earlier, everything=everything: (  # type: ignore[misc]
                        set(shopper.acked) | set(earlier.acked) >= everything
                    )
                )
            for user in users:
                await world.all_delivered(created[user])
            await world.all_committed()
            await world.all_receipts_confirmed()


async def test_sigterm_waits_for_acks_then_commits_and_exits_0(
    world: World, delivery: Program, judged: Judged, stack_env: dict[str, str]
) -> None:
    stack_env["DELIVERY_DRAIN_SECONDS"] = "30"  # longer than the test needs to ack
    ana = judged.shopper("ana", acking=False)
    async with running(delivery), connected(ana):
        await all_live(1, delivery)
        created = await world.create("ana")
        await ana.has(1)
        os.kill(delivery.pid, signal.SIGTERM)

        async def is_stopping() -> bool:
            return any(event["event"] == "stopping" for event in delivery.events)

        await eventually(is_stopping)
        ana.start_acking()
        assert await delivery.wait() == 0
    assert await world.total_committed() == 1
    assert await world.delivered(created) == set(created)


async def test_without_mongodb_acked_records_stay_unsettled_and_nothing_is_lost(
    world: World, delivery: Program, judged: Judged, services: Services
) -> None:
    ana = judged.shopper("ana")
    async with running(delivery), connected(ana):
        await all_live(1, delivery)
        first = await world.create("ana")
        await world.all_committed()
        documents = [world.document("ana") for _ in range(100)]
        ids = [document["_id"] for document in documents]
        await world.inbox.insert_many(documents)
        async with away(services.mongo):
            await world.publish(*documents)
            await ana.until(lambda: ana.acked == first + ids)

            async def write_failed() -> bool:
                return any(
                    event["event"].startswith("delivered_at not") for event in delivery.events
                )

            # Many commit intervals have passed. If an ack alone settled a record, its offset would
            # be committed by now.
            await eventually(write_failed)
            assert await world.total_committed() == len(first)

        async def all_delivered() -> bool:
            return await world.delivered(ids) == set(ids)

        await eventually(all_delivered)
        await world.all_committed()
    assert ana.received == first + ids


@pytest.fixture
def kafka(services: Services, ports: Iterator[int]) -> KafkaLink:
    """The link through which the test's instance reaches Kafka. The test may stop the link."""
    return KafkaLink(next(ports), services.kafka_bootstrap)


async def test_an_outage_of_kafka_during_an_ack_loses_nothing(
    world: World,
    delivery: Program,
    judged: Judged,
    kafka: KafkaLink,
    stack_env: dict[str, str],
) -> None:
    stack_env["KAFKA_BOOTSTRAP_SERVERS"] = kafka.bootstrap
    ana = judged.shopper("ana", acking=False)
    async with kafka.running(), running(delivery), connected(ana):
        await all_live(1, delivery)
        created = await world.create("ana", 10)
        await ana.has(1)
        async with away(kafka):
            ana.start_acking()

            async def first_delivered() -> bool:
                return bool(await world.delivered(created))

            await eventually(first_delivered)
        created += await world.create("ana", 10)
        await ana.until(lambda: set(ana.acked) == set(created))
        await world.all_delivered(created)
        await world.all_committed()
    assert ana.received == created


async def test_an_instance_started_without_kafka_waits_and_logs_the_reason(
    delivery: Program, kafka: KafkaLink, stack_env: dict[str, str]
) -> None:
    stack_env["KAFKA_BOOTSTRAP_SERVERS"] = kafka.bootstrap
    await delivery.start_unready()
    try:

        async def reason_is_logged() -> bool:
            return any(event["event"] == "waiting for Kafka" for event in delivery.events)

        await eventually(reason_is_logged)
        async with http_client(delivery.url) as client:

            async def readyz_gives_both_reasons() -> bool:
                try:
                    ready = await client.get("/readyz")
                except httpx.ConnectError:
                    return False
                reasons = list(ready.json().get("reasons", ()))
                return (ready.status_code, reasons) == (503, ["kafka", "sockets"])

            await eventually(readyz_gives_both_reasons)
            assert (await client.get("/healthz")).status_code == 200

        async def is_ready() -> bool:
            async with http_client(delivery.url) as client:
                return (await client.get("/readyz")).status_code == 200

        async with kafka.running():
            await eventually(is_ready)
            await delivery.stop()
    finally:
        await delivery.stop()
