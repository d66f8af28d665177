"""Offsets pass the records of offline users, and the inbox owes them their notifications."""

import os
from itertools import pairwise
from pathlib import Path

from tests.integration.delivery.judged import Judged
from tests.services.program import Program, running
from tests.services.shopper import Shopper, connected
from tests.services.world import World


async def test_records_of_an_offline_user_are_parked_and_their_offsets_pass(
    world: World, delivery: Program, judged: Judged
) -> None:
    async with running(delivery):
        created = await world.create("ana", 3)
        await world.all_committed()
        assert await world.delivered(created) == set()
        ana = judged.shopper("ana")
        async with connected(ana):
            await ana.has(3)
            await ana.until(lambda: ana.acked == created)
            later = await world.create("ana")
            await ana.has(4)
            await world.all_delivered(created + later)
            await world.all_committed()
    assert ana.received == created + later


async def test_a_large_backlog_is_pushed_in_pages_before_newer_notifications(
    world: World, delivery: Program, judged: Judged
) -> None:
    ana, berto = judged.shopper("ana"), judged.shopper("berto")
    async with running(delivery), connected(berto):
        backlog = await world.create("ana", 2_000)
        await world.all_committed()
        async with connected(ana):
            await ana.has(1)
            newer = await world.create("ana", 20)
            others = await world.create("berto")
            await berto.has(1)
            await ana.has(2_020)
            await world.all_delivered(backlog + newer + others)
            await world.all_committed()
    assert ana.received == backlog + newer
    assert max(ana.events) <= 50
    assert berto.received == others


async def test_nothing_is_pushed_twice_when_the_log_lags_behind_the_inbox(
    world: World, delivery: Program, judged: Judged
) -> None:
    documents = [world.document("ana") for _ in range(120)]
    await world.inbox.insert_many(documents)
    ana = judged.shopper("ana")
    async with running(delivery), connected(ana):
        await ana.has(120)
        await world.publish(*documents)
        later = await world.create("ana")
        await ana.has(121)
        await world.all_delivered(ana.received)
        await world.all_committed()
    assert ana.received == [document["_id"] for document in documents] + later


async def test_a_reconnect_while_catching_up_loses_nothing(
    world: World, delivery: Program, judged: Judged
) -> None:
    async with running(delivery):
        created = await world.create("ana", 300)
        await world.all_committed()
        first, second = judged.shopper("ana"), judged.shopper("ana")
        async with connected(first):
            await first.has(1)
        async with connected(second):
            await second.until(lambda: set(first.acked + second.received) >= set(created))
            await world.all_delivered(created)
            await world.all_committed()
    assert second.received == sorted(second.received)


async def test_a_live_user_gets_everything_from_producers_with_different_clocks(
    world: World, delivery: Program, judged: Judged
) -> None:
    ana = judged.shopper("ana")
    ahead, behind = world.ids_of_clock(+2.5), world.ids_of_clock(-2.5)
    judged.skew_seconds = 6.0
    created: list[str] = []
    async with running(delivery), connected(ana):
        for ids in (ahead, behind) * 20:
            created += await world.create("ana", _id=ids.next())
        await ana.has(40)
        await world.all_delivered(created)
        await world.all_committed()
    assert sorted(ana.received) == sorted(created)


async def test_a_user_with_5_000_parked_notifications_delays_no_other_user(
    world: World, delivery: Program, judged: Judged
) -> None:
    ana, berto = judged.shopper("ana"), judged.shopper("berto")
    async with running(delivery), connected(berto):
        for _ in range(5):
            await world.create("ana", 1_000)
        await world.all_committed()
        before = _resident_bytes(delivery)
        async with connected(ana):
            await ana.has(1)
            acked_by_ana: list[int] = [0]
            for count in range(1, 11):
                await world.create("berto")
                await berto.until(lambda count=count: len(berto.acked) == count)  # type: ignore[misc]
                acked_by_ana.append(len(ana.acked))
            assert acked_by_ana[-1] < 5_000, "berto must be served while ana catches up"
            # Measure berto's waits in ana's acks, because seconds depend on the machine.
            largest_gap = max(after - before for before, after in pairwise(acked_by_ana))
            assert largest_gap < 1_250
            await ana.until(lambda: len(ana.acked) == 5_000)
            await world.all_delivered(ana.acked)
            assert _resident_bytes(delivery) - before < 15_000_000
    assert ana.received == sorted(ana.received)


def _resident_bytes(program: Program) -> int:
    pages = Path(f"/proc/{program.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


async def test_an_unreadable_document_in_the_inbox_delays_no_other_notification(
    world: World, delivery: Program
) -> None:
    broken = world.document("ana")
    del broken["type"]  # type: ignore[misc] # a required key
    await world.inbox.insert_one(broken)
    created = await world.create("ana", 2)
    ana = Shopper("ana", delivery.url)
    async with running(delivery), connected(ana):
        await ana.has(2)
        created += await world.create("ana")
        await ana.has(3)
        await world.all_committed()
    assert ana.received == created
    assert any(event["level"] == "error" for event in delivery.events)
