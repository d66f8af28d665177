"""A client that never reads: the instance holds little for it, and ends it in bounded time."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

from producer_api.contract.events import EventType, headers
from producer_api.contract.notification import rfc3339
from tests.integration.delivery.conformance.polling import Poller
from tests.integration.delivery.conformance.raw_websocket import PING, RawWebSocket, frame
from tests.integration.delivery.conformance.server_side import holds, metric, resident_bytes
from tests.integration.delivery.conformance.wire import echoes, entered
from tests.services.program import Program
from tests.services.waiting import eventually
from tests.services.world import World

_TINY = 4 * 1024
_MIB = 1024 * 1024
_EVENTS, _EVENT_BYTES = 160, 200_000
#: The instance may hold about 1 MiB for the client. The rest is a margin for its other work. The
#: memory of the kernel, up to 4 MiB for each connection, is not counted.
_MAX_GROWTH_BYTES = 10 * _MIB
_MAX_SECONDS = 30 + 10
"""The instance ends such a client within 30 s. The other 10 s are for a busy machine."""


async def test_a_client_that_never_reads_is_ended_and_costs_little_memory(
    instance: Program, shared_world: World, user: str
) -> None:
    async with entered(instance.url, user) as reader:
        await _send_changes(shared_world, user, reader)  # so that buffers grow to their usual size
        before = resident_bytes(instance)
        async with entered(instance.url, user, buffer=_TINY) as stalled:
            await _send_changes(shared_world, user, reader)
            assert resident_bytes(instance) - before < _MAX_GROWTH_BYTES
            await _is_dropped(instance, stalled)
        assert await metric(instance, "delivery_connections") == 1
        await echoes(reader)


async def test_a_stalled_client_whose_heartbeat_ends_is_dropped(
    impatient: Program, impatient_world: World, user: str
) -> None:
    async with entered(impatient.url, user, buffer=_TINY) as stalled:
        await _publish_changes(impatient_world, user, 40)
        await _is_dropped(impatient, stalled)


async def test_pongs_that_nobody_reads_cost_little_memory(instance: Program, user: str) -> None:
    flood = frame(PING, b"x" * 125) * 10_000
    before = resident_bytes(instance)
    async with (
        entered(instance.url, f"{user}-flood", buffer=_TINY) as flooder,
        entered(instance.url, user) as shopper,
    ):
        with suppress(ConnectionError, TimeoutError):
            # The instance may end the client, or stop reading until the client reads its pongs.
            for _ in range(25):
                await asyncio.wait_for(flooder.send(flood), 3)
        assert resident_bytes(instance) - before < _MAX_GROWTH_BYTES
        await echoes(shopper)


async def test_a_client_that_never_polls_costs_little_memory(
    instance: Program, shared_world: World, user: str
) -> None:
    async with entered(instance.url, user) as reader:
        await _send_changes(shared_world, user, reader)
        before = resident_bytes(instance)
        async with Poller.entered(instance.url, user):
            await _send_changes(shared_world, user, reader)
            assert resident_bytes(instance) - before < _MAX_GROWTH_BYTES


async def _send_changes(world: World, user: str, reader: RawWebSocket) -> None:
    """Send `_EVENTS` large `inbox` events to the user. Wait for `reader` after every ten."""
    for _ in range(_EVENTS // 10):
        await _publish_changes(world, user, 10)
        for _ in range(10):
            assert (await reader.packet()).startswith('42["inbox",')


async def _publish_changes(world: World, user: str, count: int) -> None:
    at = rfc3339(datetime.now(UTC)) or ""
    value = b'{"changed":[],"filler":"%b"}' % (b"x" * _EVENT_BYTES)
    sent = [
        await world.producer.send(
            world.settings.kafka_topic,
            key=user.encode(),
            value=value,
            headers=headers(world.ids.next(), EventType.READ, "/test", at),
        )
        for _ in range(count)
    ]
    await asyncio.gather(*sent)


async def _is_dropped(program: Program, socket: RawWebSocket) -> None:
    """Wait until the program has closed its end of the connection."""

    async def is_dropped() -> bool:
        return not holds(program, socket)

    await eventually(is_dropped, within=_MAX_SECONDS)
