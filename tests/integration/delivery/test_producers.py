"""Ending a Kafka producer leaves neither a task nor a connection."""

from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from runtime.kafka_producer import end
from tests.services.parts import Services, suspended
from tests.services.world import World

pytestmark = pytest.mark.restarts_parts


async def test_a_producer_ends_in_time_while_kafka_does_not_answer(
    world: World, services: Services
) -> None:
    producer: Any = AIOKafkaProducer(
        **world.settings.kafka_client_options(), enable_idempotence=True
    )
    await producer.start()
    topic = world.settings.kafka_topic
    await producer.send_and_wait(topic, b"taken", partition=0)
    with suspended(services.kafka):
        held = await producer.send(topic, b"not taken", partition=0)
        await end(producer, 0.3)
        with pytest.raises(KafkaError):
            await held
        assert producer._sender.sender_task.done()
        assert not any(connection.connected() for connection in producer.client._conns.values())


async def test_a_producer_sends_its_buffered_records_before_it_ends(world: World) -> None:
    options = world.settings.kafka_client_options()
    producer = AIOKafkaProducer(**options, enable_idempotence=True)
    await producer.start()
    sent = await producer.send(world.settings.kafka_topic, b"taken", partition=0)
    await end(producer, 5)
    assert (await sent).offset == 0
