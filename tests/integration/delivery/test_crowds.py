"""One shopper with many sockets at two instances does not delay the other shoppers."""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from producer_api.contract.events import EventType, headers
from producer_api.contract.inbox_event import InboxEvent
from producer_api.contract.notification import rfc3339
from tests.integration.delivery.conformance.raw_websocket import RawWebSocket
from tests.integration.delivery.conformance.wire import entered, pushed
from tests.integration.delivery.instances import share_all_partitions
from tests.services.program import Program, running
from tests.services.waiting import eventually
from tests.services.world import World

_MOST = 20
_SOCKETS, _MARKS = 60, 300
#: How long a bystander may wait for a push while the crowd is served, on a busy machine.
_MAX_WAIT_SECONDS = 2.0
_ENDED = '42["ended",{"reason":"too_many_connections","message":'


async def test_the_oldest_sockets_of_a_crowd_are_ended_and_the_crowd_delays_no_bystander(
    world: World, delivery: Program, second: Program
) -> None:
    async with running(delivery), running(second), AsyncExitStack() as stack:
        # Wait for the last generation: at a new one, the edges list their sockets again, so the
        # owner would no longer have them in the order in which they connected.
        await share_all_partitions(world, delivery, second)
        await _linked(delivery, second)
        # Read each socket all the time: one that nobody reads answers no ping, and is soon cut.
        bystander = await stack.enter_async_context(entered(second.url, "bea"))
        push = asyncio.create_task(pushed(bystander))
        sockets = []
        for number in range(_SOCKETS):
            url = (delivery, second)[number % 2].url
            sockets.append(await stack.enter_async_context(entered(url, "ana")))
        oldest, newest = sockets[:-_MOST], sockets[-_MOST:]
        reading = [asyncio.create_task(_read_marks(crowd)) for crowd in newest]
        for ended, closed in await asyncio.gather(*map(_two_packets, oldest)):
            assert ended.startswith(_ENDED)
            assert closed == "41"

        async def the_owner_knows_the_rest() -> bool:
            counts = [await each.metric("delivery_subscriptions") for each in (delivery, second)]
            return sum(counts) == _MOST + 1

        await eventually(the_owner_knows_the_rest)
        marking = asyncio.create_task(_mark(world, _MARKS))
        began = time.monotonic()
        (created,) = await world.create("bea")
        _, items = await push
        assert time.monotonic() - began < _MAX_WAIT_SECONDS
        assert [item["id"] for item in items] == [created]
        await marking
        for events in await asyncio.gather(*reading):
            ids = [change["id"] for event in events for change in event["changed"]]
            assert sorted(ids) == [f"{number:04}" for number in range(_MARKS)]
            assert len(events) < _MARKS / 2, "events of one user must be merged"
            assert [event["unread_count"] for event in events][-1] == 0


async def _two_packets(crowd: RawWebSocket) -> tuple[str, str]:
    return await crowd.packet(), await crowd.packet()


async def _linked(first: Program, second: Program) -> None:
    """Wait until the instances are linked, so that each can serve sockets of the other's users."""

    async def are_linked() -> bool:
        return min([await each.metric("delivery_peer_links") for each in (first, second)]) == 1

    await eventually(are_linked)


async def _mark(world: World, count: int) -> None:
    """Publish the changes of a shopper who marks one notification after the other."""
    now = datetime.now(UTC)
    for number in range(count):
        at = now + timedelta(milliseconds=number)
        changed: Any = {"_id": f"{number:04}", "read_at": at, "seen_at": at, "archived_at": None}
        event = InboxEvent("ana", at, count - 1 - number, 0, [changed | {"superseded_by": None}])
        await world.producer.send(
            world.settings.kafka_topic,
            key=b"ana",
            value=event.json(),
            headers=headers(world.ids.next(), EventType.READ, "/test", rfc3339(at) or ""),
        )
    await world.producer.flush()


async def _read_marks(socket: RawWebSocket) -> list[Any]:
    events: list[Any] = []
    while not events or events[-1]["unread_count"]:
        packet = await socket.packet()
        name, event = json.loads(packet[2:])
        assert name == "inbox"
        events.append(event)
    return events
