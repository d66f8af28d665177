"""A producer API with two workers, under load, while its workers and Kafka fail."""

import os
import signal
from collections.abc import Iterator

from tests.faults.conftest import FleetOf, ProducersOf
from tests.faults.proxy import KafkaLink
from tests.faults.shop import Shop
from tests.integration.delivery.judged import Judged
from tests.integration.producer_api.outside import drained, leases
from tests.services.parts import Services, away
from tests.services.program import Program
from tests.services.workers import pids_of, replaced
from tests.services.world import World


async def test_workers_that_are_killed_or_stopped_lose_and_repeat_nothing(
    world: World,
    services: Services,
    judged: Judged,
    fleet_of: FleetOf,
    producers_of: ProducersOf,
    ports: Iterator[int],
) -> None:
    kafka = KafkaLink(next(ports), services.kafka_bootstrap)
    settings = {"PRODUCER_API_WORKERS": "2", "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap}
    producers = producers_of(settings)
    program = producers[0]
    async with kafka.running(), Shop.open(world, producers, fleet_of(1), judged) as opened:
        orders = opened.orders
        async with orders.going_on():
            await orders.rounds(2)
            async with away(kafka):
                await orders.rounds(3)
            await orders.rounds(2)
        assert not orders.repeats, "the first request of each order must be answered 201"
        await _each_was_published_by_one_sender(world, program)

        async with orders.going_on():
            async with away(kafka):
                await orders.rounds(1)
                # Kill the worker that had the relay's lease last. Another one takes the lease.
                killed = _relays(program)[-1]
                os.kill(pids_of(program)[killed], signal.SIGKILL)
                await orders.rounds(2)
            await replaced(program, 3 - killed, signal.SIGTERM)
            await orders.rounds(2)
        await opened.all_is_delivered()
        lines = [line for line in program.events if line["event"] == "worker ended"]
        assert [(line["worker"], line["status"]) for line in lines] == [
            (killed, -9),
            (3 - killed, 0),
        ]
    await orders.each_once(world)


async def _each_was_published_by_one_sender(world: World, program: Program) -> None:
    """Check that no two workers' relays have published the same intent.

    The log itself may have a record twice, if Kafka did not confirm it in time: aiokafka keeps
    sending it.
    """
    await drained(world)
    assert _relays(program), "the outage was too short"
    samples = await program.samples()
    published = sum(
        samples[f'producer_records_published_total{{sender="{sender}"}}']
        for sender in ("intake", "relay")
    )
    records = await world.records(world.settings.kafka_topic)
    assert published == len({dict(record.headers)["ce_id"] for record in records})
    assert await leases(world).count_documents({}) <= 1


def _relays(program: Program) -> list[int]:
    """Return the worker that published each batch of queued intents, in order."""
    lines = [line for line in program.events if line["event"] == "queued intents published"]
    return [line["worker"] for line in lines]
