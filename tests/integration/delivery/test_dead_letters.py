"""Records that break the contract become dead letters, and delay no other record."""

import os
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from delivery.dead_letters.record import is_cloud_event, original_headers
from producer_api.contract.events import EventType, headers
from producer_api.contract.notification import public_json
from tests.services.program import Program, running
from tests.services.shopper import Shopper, connected
from tests.services.waiting import eventually
from tests.services.world import World

_CREATED = headers("1", EventType.CREATED, "/test", "2026-01-01T00:00:00Z")


async def test_unreadable_records_go_to_the_dead_letter_topic_unchanged(
    world: World, delivery: Program
) -> None:
    (user,) = world.users_of_partition(0, 1)
    good = public_json(world.document(user))
    cases: list[tuple[bytes | None, bytes | None, Sequence[tuple[str, bytes | None]], str]] = [
        (user.encode(), b"not json \xff", _CREATED, "not JSON"),
        (user.encode(), b"[]", _CREATED, "not a JSON object"),
        (user.encode(), b'{"id":"1"}', _CREATED, "id is not a UUID"),
        (user.encode(), good.replace(b'"title"', b'"tilte"'), _CREATED, "title"),
        (user.encode(), None, _CREATED, "key and a value"),
        (None, good, _CREATED, "key and a value"),
        (b"\xff\xfe", good, _CREATED, "user_id"),
        (user.encode(), good, [], "ce_type is missing"),
        (user.encode(), good, [("ce_type", b"\xff")], "unknown kind"),
        (user.encode(), good, [("ce_type", None)], "no value"),
        (
            user.encode(),
            good.replace(b'"expires_at":null', b'"expires_at":"soon"'),
            _CREATED,
            "expires_at",
        ),
    ]
    ana = Shopper(user, delivery.url)
    async with running(delivery), connected(ana):
        for key, value, ce_headers, _ in cases:
            await world.producer.send_and_wait(
                world.settings.kafka_topic, key=key, value=value, headers=ce_headers, partition=0
            )
        created = await world.create(user)
        await ana.has(1)
        await world.all_committed()
    assert ana.received == created
    letters = await world.records(world.settings.dead_letter_topic)
    letters.sort(key=lambda letter: int(dict(letter.headers)["dlq_offset"]))
    assert [(letter.key, letter.value) for letter in letters] == [case[:2] for case in cases]
    for letter, (_, _, ce_headers, reason) in zip(letters, cases, strict=True):
        assert original_headers(letter.headers) == ce_headers
        assert is_cloud_event(letter.headers)
        assert reason in dict(letter.headers)["dlq_reason"].decode()


@pytest.mark.parametrize("kind", [kind for kind in EventType if kind is not EventType.CREATED])
async def test_records_of_changes_are_settled_and_not_pushed_as_notifications(
    world: World, delivery: Program, kind: EventType
) -> None:
    ana = Shopper("ana", delivery.url)
    # An erasure must have the first field, and a withdrawal the second.
    value = b'{"erased_up_to":"%b","changed":[]}' % world.ids.next().encode()
    async with running(delivery), connected(ana):
        await world.producer.send_and_wait(
            world.settings.kafka_topic,
            key=b"ana",
            value=value,
            headers=headers("2", kind, "/test", "2026-01-01T00:00:00Z"),
        )
        created = await world.create("ana")
        await ana.has(1)
        await world.all_committed()
    assert ana.received == created
    assert await world.records(world.settings.dead_letter_topic) == []


async def test_a_record_that_the_dead_letter_topic_refuses_delays_no_other_record(
    world: World, delivery: Program
) -> None:
    large = os.urandom(5_000)

    async def send(value: bytes, partition: int) -> None:
        # All records have the same key, so their dead letters go to one partition.
        await world.producer.send_and_wait(
            world.settings.kafka_topic, key=b"ana", value=value, partition=partition
        )

    async with running(delivery):
        await world.limit(world.settings.dead_letter_topic, 2_000)
        await send(b"small", 2)
        await world.all_committed()
        await send(large, 0)

        async def refused_twice() -> bool:
            return len(_refused(delivery)) >= 2

        await eventually(refused_twice)
        first, second, *_ = _refused(delivery)
        assert (first["partition"], first["offset"]) == (0, 0)
        assert second["pause_seconds"] == 2 * first["pause_seconds"]
        await send(b"small", 0)
        await send(b"small", 1)

        async def small_ones_settled() -> bool:
            committed = await world.committed()
            # The settled map in the metadata has the record behind the large one.
            return await world.committed_of(1) == 1 and bool(committed[0].metadata)

        await eventually(small_ones_settled)
        assert await world.committed_of(0) == 0, "the large record must stay unsettled"
        assert await delivery.metric("delivery_dead_letters_waiting") == 1
        assert await delivery.metric("delivery_dead_letters_refused_total") >= 2
        await world.limit(world.settings.dead_letter_topic, 1_000_000)
        await world.all_committed()
        assert await delivery.metric("delivery_dead_letters_waiting") == 0
    letters = await world.records(world.settings.dead_letter_topic)
    assert sorted(letter.value for letter in letters) == sorted([large, *[b"small"] * 3])


async def test_the_dead_letter_topic_accepts_the_largest_record_of_the_main_topic(
    world: World, delivery: Program
) -> None:
    largest = os.urandom(1_048_588 - 150)  # with the overhead, this is the topic's limit
    producer = AIOKafkaProducer(
        **world.settings.kafka_client_options(), max_request_size=len(largest) * 2
    )
    async with running(delivery), producer:
        await producer.send_and_wait(world.settings.kafka_topic, value=largest, partition=0)
        await world.all_committed()
    (letter,) = await world.records(world.settings.dead_letter_topic)
    assert letter.value == largest


def _refused(delivery: Program) -> list[dict[str, Any]]:
    return [event for event in delivery.events if event["event"] == "dead letter put off"]
