"""The tools for on-call engineers, with the data of a real run."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition

from delivery.tools.dlq import replay, show_list, show_one
from delivery.tools.push_again import push_again
from delivery.tools.shadow import shadow
from producer_api.contract.events import EventType, headers
from tests.integration.delivery.instances import all_live
from tests.integration.delivery.judged import Judged
from tests.services.program import Program, running
from tests.services.screen import Screen
from tests.services.shopper import Shopper, connected
from tests.services.world import World


async def _publish_unreadable(world: World, user: str, id_: str, value: bytes = b"{") -> None:
    """Publish an unreadable record for this notification."""
    record_headers = headers(id_, EventType.CREATED, "/test", "2026-01-01T00:00:00Z")
    topic = world.settings.kafka_topic
    await world.producer.send_and_wait(
        topic, key=user.encode(), value=value, headers=record_headers
    )


async def test_a_replay_of_dead_letters_delivers_once(
    world: World, judged: Judged, stack_env: dict[str, str], delivery: Program
) -> None:
    screen = Screen(stack_env)
    ana = judged.shopper("ana")
    async with running(delivery), connected(ana):
        await all_live(1, delivery)  # so that only records cause pushes
        unreadable, gone = world.document("ana"), world.document("ana")
        await world.inbox.insert_one(unreadable)
        for id_ in (unreadable["_id"], unreadable["_id"], gone["_id"]):
            await _publish_unreadable(world, "ana", id_)
        await world.all_committed()
        await show_list(screen.settings, screen.console)
        assert "     3  the value is not JSON" in screen.read()
        for _ in range(2):
            assert await replay(screen.settings, (), screen.console, apply=False) == 0
            output = screen.read()
            assert "1  pushed again" in output
            assert "1  not in the inbox" in output
            assert "1 to replay: repeat with --apply" in output
        assert ana.received == [], "a dry run must change nothing"
        await replay(screen.settings, (), screen.console, apply=True)
        assert "1 replayed" in screen.read()
        await world.all_delivered([unreadable["_id"]])
        assert ana.received == [unreadable["_id"]]
        await replay(screen.settings, (), screen.console, apply=True)
        output = screen.read()
        assert "2  delivered already" in output
        assert "0 replayed" in output
        last = await world.create("ana")
        await world.all_delivered(last)
        await world.all_committed()
    assert ana.received == [unreadable["_id"], *last]


async def test_a_dead_letter_is_shown_complete_and_replayed_when_it_has_become_readable(
    world: World, stack_env: dict[str, str], delivery: Program
) -> None:
    screen = Screen(stack_env)
    async with running(delivery):
        await _publish_unreadable(world, "[/ana]", world.ids.next(), b"\xff not JSON")
        # These dead letters look as if an earlier version could not read the type, and had sent
        # the dead letter twice because of an outage. This version can read the record.
        record_headers = [
            *headers(world.ids.next(), EventType.SEEN, "/test", "2026-01-01T00:00:00Z"),
            ("dlq_reason", b"unknown"),
            ("dlq_topic", world.settings.kafka_topic.encode()),
            ("dlq_partition", b"0"),
            ("dlq_offset", b"7"),
        ]
        # Less than the retention ago: Kafka deletes older records 30 s after its start.
        long_ago = round((datetime.now(UTC) - timedelta(hours=1)).timestamp() * 1000)
        for _ in range(2):
            await world.producer.send_and_wait(
                world.settings.dead_letter_topic,
                key=b"ana",
                value=b"{}",
                headers=record_headers,
                timestamp_ms=long_ago,
            )
        await world.all_committed()
        (first, *_) = [
            letter
            for letter in await world.records(world.settings.dead_letter_topic)
            if letter.value != b"{}"
        ]
        assert await show_list(screen.settings, screen.console) == 0
        assert "[/ana]" in screen.read()
        place = f"{first.partition}:{first.offset}"
        assert await show_one(screen.settings, place, screen.console) == 0
        output = screen.read()
        assert "value: \\xff not JSON" in output
        assert "dlq_reason: the value is not JSON" in output
        assert await show_one(screen.settings, "0:999", screen.console) == 1
        screen.read()
        await replay(screen.settings, (), screen.console, apply=True)
        output = screen.read()
        assert "1  put back as it was" in output
        assert "1  put back before" in output
        await replay(screen.settings, (), screen.console, apply=True)
        assert "2  put back before" in screen.read()
    (_, put_back) = sorted(
        await world.records(world.settings.kafka_topic), key=lambda record: record.timestamp
    )
    replayed_headers = dict(put_back.headers)
    assert put_back.value == b"{}"
    assert "dlq_reason" not in replayed_headers
    assert replayed_headers["replayed_from"].startswith(world.settings.dead_letter_topic.encode())


async def test_push_again_repeats_all_notifications_since_a_time(
    world: World, stack_env: dict[str, str], delivery: Program
) -> None:
    screen = Screen(stack_env)
    started_at = datetime.now(UTC)
    async with running(delivery):
        async with _received(world, delivery, 3) as created:
            pass
        later = datetime.now(UTC) + timedelta(minutes=1)
        times = started_at, later
        replacement = Shopper("ana", delivery.url)  # a device that has lost its data
        async with connected(replacement):
            await push_again(screen.settings, "ana", *times, screen.console, apply=False)
            assert "3  delivered, to be pushed again" in screen.read()
            await push_again(screen.settings, "ana", *times, screen.console, apply=True)
            assert "3 put on the topic again" in screen.read()
            await replacement.has(3)
            await world.all_delivered(created)
            await push_again(screen.settings, "ana", later, later, screen.console, apply=True)
            assert "0 put on the topic again" in screen.read()
            await world.all_committed()
    assert replacement.received == created


async def test_the_shadow_finds_a_notification_without_a_receipt(
    world: World, stack_env: dict[str, str], delivery: Program
) -> None:
    screen = Screen(stack_env)
    async with running(delivery):
        async with _received(world, delivery, 2):
            await world.create("berto")
            await _publish_unreadable(world, "berto", world.ids.next())
            for topic in (world.settings.receipt_topic, world.settings.dead_letter_topic):
                await world.producer.send_and_wait(topic, b"{}", headers=[("ce_type", b"theirs")])
                await world.producer.send_and_wait(topic, b"not ours")
            await world.all_committed()
            assert await shadow(screen.settings, "shadow", screen.console) == 0
            output = screen.read()
            for line in ("2  delivered", "1  parked", "1  dead-lettered", "0 differences in 4"):
                assert line in output
        before = await world.committed()
        (silently,) = await world.create("berto")
        await world.all_committed()
    # Store a notification as delivered while delivery does not run, as if its receipt were lost.
    await world.inbox.insert_one(lost := world.document("carla", delivered_at=datetime.now(UTC)))
    await world.publish(lost)
    await _commit_all(world)
    assert await shadow(screen.settings, "shadow", screen.console) == 1
    output = screen.read()
    assert f"{lost['_id']} DELIVERED OR MUTED, BUT NO RECEIPT SAYS SO" in output
    assert "1 differences in 2" in output, "the shadow must continue where it stopped"
    assert silently not in output
    assert set(before) == set(await world.committed())


async def test_the_status_command_prints_partitions_and_users(
    world: World, stack_env: dict[str, str], delivery: Program
) -> None:
    async with running(delivery):
        await world.create("[/berto]", 5)  # a user id that looks like terminal markup
        await world.all_committed()
        done = subprocess.run(  # noqa: ASYNC221 - nothing else runs in this loop
            [sys.executable, "-m", "delivery.tools", "status", "--once"],
            env={**os.environ, **stack_env, "COLUMNS": "140"},
            capture_output=True,
            text=True,
            check=True,
        )
    rows = [line for line in done.stdout.splitlines() if delivery.url in line]
    assert len(rows) == int(stack_env["KAFKA_TOPIC_PARTITIONS"])
    (berto,) = [line for line in done.stdout.splitlines() if "[/berto]" in line]
    assert "5" in berto


@asynccontextmanager
async def _received(world: World, delivery: Program, count: int) -> AsyncIterator[list[str]]:
    """Connect ana, and deliver `count` notifications to her. Yields their ids."""
    ana = Shopper("ana", delivery.url)
    async with connected(ana):
        created = await world.create("ana", count)
        await ana.has(count)
        await world.all_delivered(created)
        yield created


async def _commit_all(world: World) -> None:
    """Commit the end offsets for the group, which must have no members."""
    options = world.settings.kafka_client_options()
    consumer = AIOKafkaConsumer(**options, group_id=world.group, enable_auto_commit=False)
    await consumer.start()
    try:
        topic = world.settings.kafka_topic
        ends = {TopicPartition(topic, number): end for number, end in (await world.ends()).items()}
        consumer.assign(list(ends))
        await consumer.commit(ends)
    finally:
        await consumer.stop()
