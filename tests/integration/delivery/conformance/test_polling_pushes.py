"""Pushes and acks of sessions that poll, and what becomes of these sessions at a hand-over."""

import asyncio
from contextlib import suppress

import pytest

from tests.integration.delivery.conformance.polling import EndedError, Poller
from tests.integration.delivery.conformance.server_side import metric
from tests.integration.delivery.conformance.wire import entered, pushed, text
from tests.integration.delivery.instances import share_all_partitions
from tests.services.http import http_client
from tests.services.program import Program, running
from tests.services.waiting import eventually
from tests.services.world import World


async def test_pushes_arrive_in_order_and_their_acks_count(
    instance: Program, shared_world: World, user: str
) -> None:
    created = await shared_world.create(user, count=120)
    received: list[str] = []
    async with Poller.entered(instance.url, user) as poller:
        while len(received) < 120:
            number, ids = await poller.pushed()
            received += ids
            await poller.sends(f"43{number}[]")
        await shared_world.all_delivered(created)
        for arguments in ("[]", '["a",{"b":1}]', ""):
            created += await shared_world.create(user)
            number, ids = await poller.pushed()
            received += ids
            await poller.sends(f"43{number}{arguments}")
            await shared_world.all_delivered(created)
    assert received == created


async def test_an_event_without_an_ack_is_followed_by_no_other(
    instance: Program, shared_world: World, user: str
) -> None:
    async with Poller.entered(instance.url, user) as poller:
        first = await shared_world.create(user)
        number, ids = await poller.pushed()
        assert ids == first
        rest = await shared_world.create(user, count=3)
        poll = asyncio.create_task(poller.pushed())
        # No further event may arrive, so there is no condition to wait for.
        await asyncio.wait({poll}, timeout=0.5)
        assert not poll.done()
        await poller.sends(f"43{number}[]")
        number, received = await poll
        await poller.sends(f"43{number}[]")
        while len(received) < 3:
            number, ids = await poller.pushed()
            received += ids
            await poller.sends(f"43{number}[]")
        assert received == rest
        await shared_world.all_delivered(first + rest)


@pytest.mark.parametrize(
    ("ack", "counter"),
    [
        ("43[]", "delivery_unknown_acks_total"),
        ("430[]", "delivery_unknown_acks_total"),
        ("43{id}0[]", "delivery_unknown_acks_total"),
        ("43/custom,{id}[]", "delivery_unknown_acks_total"),
        ("43{id}[", "delivery_malformed_packets_total"),
        ("43-1[]", "delivery_malformed_packets_total"),
        ("43{id}[nonsense]", "delivery_malformed_packets_total"),
    ],
)
async def test_an_invalid_ack_is_counted_and_acknowledges_no_push(
    instance: Program, shared_world: World, user: str, ack: str, counter: str
) -> None:
    before = await metric(instance, counter)
    async with Poller.entered(instance.url, user) as poller:
        created = await shared_world.create(user)
        number, _ = await poller.pushed()
        await poller.sends(ack.format(id=number), '427["auth"]')
        assert (await poller.packet()).startswith("437[")
        assert await metric(instance, counter) == before + 1
        assert await shared_world.delivered(created) == set()
        await poller.sends(f"43{number}[]")
        await shared_world.all_delivered(created)


async def test_a_tab_that_polls_and_one_with_a_websocket_are_both_sent_a_push(
    instance: Program, shared_world: World, user: str
) -> None:
    async with (
        Poller.entered(instance.url, user) as poller,
        entered(instance.url, user) as socket,
    ):
        for poller_is_first in (True, False):
            created = await shared_world.create(user)
            number, ids = await poller.pushed()
            socket_number, items = await pushed(socket)
            assert ids == created == [item["id"] for item in items]
            if poller_is_first:
                await poller.sends(f"43{number}[]")
            else:
                await socket.send(text(f"43{socket_number}[]"))
            await shared_world.all_delivered(created)
            await poller.sends(f"43{number}[]")
            await socket.send(text(f"43{socket_number}[]"))


async def test_a_session_that_ends_without_its_ack_leaves_the_push_to_the_next(
    instance: Program, shared_world: World, user: str
) -> None:
    async with Poller.entered(instance.url, user) as poller:
        created = await shared_world.create(user)
        assert (await poller.pushed())[1] == created
    async with Poller.entered(instance.url, user) as again:
        number, ids = await again.pushed()
        assert ids == created
        await again.sends(f"43{number}[]")
        await shared_world.all_delivered(created)


async def test_sessions_move_to_another_instance_without_a_repeat_or_a_loss(
    delivery: Program, second: Program, world: World, stack_env: dict[str, str]
) -> None:
    stack_env["DELIVERY_MAX_POLLING_SESSIONS"] = "3"
    shoppers = [_Shopper(world.users_of_partition(number, 1)[0]) for number in range(3)]

    async def a_notification_each() -> None:
        for shopper in shoppers:
            shopper.expected += await world.create(shopper.user)

    async def all_have_theirs() -> None:
        for shopper in shoppers:
            await eventually(shopper.has_all)

    async with running(delivery):
        serving = [asyncio.create_task(each.serve(delivery.url)) for each in shoppers]
        await eventually(lambda: _polling(delivery, 3))
        async with http_client(delivery.url) as http:
            refusal = await http.get("/socket.io/?EIO=4&transport=polling")
        assert (refusal.status_code, refusal.headers["Retry-After"]) == (503, "1")
        await a_notification_each()
        await all_have_theirs()
        async with running(second):
            await share_all_partitions(world, delivery, second)
            await a_notification_each()
            await all_have_theirs()
            stopping = asyncio.create_task(delivery.stop())
            await a_notification_each()
            await asyncio.gather(*serving)
            await stopping
            serving = [asyncio.create_task(each.serve(second.url)) for each in shoppers]
            await a_notification_each()
            await all_have_theirs()
            for shopper in shoppers:
                await world.all_delivered(shopper.expected)
                assert shopper.received == shopper.expected
            for each in serving:
                each.cancel()


class _Shopper:
    """A client that polls. It records what it receives, and acknowledges it."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.expected: list[str] = []
        self.received: list[str] = []

    async def serve(self, url: str) -> None:
        """Run one session until the server ends it."""
        with suppress(EndedError):
            async with Poller.entered(url, self.user) as poller:
                while True:
                    number, ids = await poller.pushed()
                    self.received += ids
                    await poller.sends(f"43{number}[]")

    async def has_all(self) -> bool:
        return self.received == self.expected


async def _polling(program: Program, count: int) -> bool:
    return await metric(program, "delivery_polling_sessions") == count
