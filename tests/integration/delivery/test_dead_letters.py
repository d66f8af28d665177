"""Records that are not what the contract says must stop nobody, and are not lost."""

from collections.abc import Sequence

import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from producer_api.contract.events import EventType, headers
from producer_api.contract.notification import public_json
from tests.services.program import Program, running
from tests.services.shopper import Shopper, connected
from tests.services.world import World, eventually

_CREATED = headers("1", EventType.CREATED, "/test", "2026-01-01T00:00:00Z")


async def test_unreadable_records_go_to_the_dead_letter_topic_untouched(
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
        assert list(letter.headers[: len(ce_headers)]) == ce_headers
        assert reason in dict(letter.headers)["dlq_reason"].decode()


@pytest.mark.parametrize("kind", [kind for kind in EventType if kind is not EventType.CREATED])
async def test_state_changes_are_settled_and_pushed_to_nobody(
    world: World, delivery: Program, kind: EventType
) -> None:
    ana = Shopper("ana", delivery.url)
    async with running(delivery), connected(ana):
        await world.producer.send_and_wait(
            world.settings.kafka_topic,
            key=b"ana",
            value=b"{}",
            headers=headers("2", kind, "/test", "2026-01-01T00:00:00Z"),
        )
        created = await world.create("ana")
        await ana.has(1)
        await world.all_committed()
    assert ana.received == created
    assert await world.records(world.settings.dead_letter_topic) == []


async def test_while_the_dead_letter_topic_takes_nothing_the_record_is_not_settled(
    world: World, delivery: Program
) -> None:
    async with running(delivery):
        await _limit_dead_letters(world, "10")
        await world.producer.send_and_wait(
            world.settings.kafka_topic, key=b"ana", value=b"x" * 500, partition=0
        )

        async def refused() -> bool:
            return any(event["event"].startswith("dead letter not") for event in delivery.events)

        await eventually(refused)
        # A later record of the partition is settled, and its commit shows the prefix.
        (user,) = world.users_of_partition(0, 1)
        await world.create(user)

        async def map_committed() -> bool:
            return bool((await world.committed()).get(0, (0, ""))[1])

        await eventually(map_committed)
        assert await world.committed_of(0) == 0
        await _limit_dead_letters(world, "1000000")
        await world.all_committed()
    (letter,) = await world.records(world.settings.dead_letter_topic)
    assert letter.value == b"x" * 500


async def _limit_dead_letters(world: World, size: str) -> None:
    topic = ConfigResource(
        ConfigResourceType.TOPIC, world.settings.dead_letter_topic, {"max.message.bytes": size}
    )
    await world.admin.alter_configs([topic])
