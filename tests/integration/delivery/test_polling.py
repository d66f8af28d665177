"""Shoppers that poll are served like those with a WebSocket, but their number is limited."""

import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial

import pytest

from producer_api.contract.token_times import LEEWAY_SECONDS
from tests.integration.delivery.conformance.polling import Poller
from tests.integration.delivery.instances import settled
from tests.integration.delivery.judged import Judged
from tests.integration.delivery.load import Load
from tests.services.http import http_client
from tests.services.program import ForkedProgram, Program, running
from tests.services.shopper import Shopper, connected
from tests.services.tokens import shopper_token
from tests.services.waiting import eventually
from tests.services.world import World

_POLLING = ("polling",)
_UPGRADING = ("polling", "websocket")
_HANDSHAKE = "/socket.io/?EIO=4&transport=polling"


@pytest.mark.parametrize(
    ("transports", "ends_with"), [(_POLLING, "polling"), (_UPGRADING, "websocket")]
)
async def test_a_stream_arrives_once_and_in_order_from_before_the_connection_on(
    world: World,
    delivery: Program,
    judged: Judged,
    transports: Sequence[str],
    ends_with: str,
) -> None:
    users = [f"user-{number}" for number in range(5)]
    shoppers = [judged.shopper(user, transports=transports) for user in users]
    load = Load(world, users, every_seconds=0.05)
    async with running(delivery), AsyncExitStack() as stack:
        async with load.going_on():
            await load.rounds(5)
            await stack.enter_async_context(connected(*shoppers))
            await load.rounds(30)
            assert [shopper.transport for shopper in shoppers] == [ends_with] * 5
        for shopper in shoppers:
            await shopper.until(partial(load.all_acked, shopper))
        await load.all_delivered()
        await world.all_committed()
    assert {shopper.user: shopper.received for shopper in shoppers} == load.created


async def test_a_polling_session_ends_when_its_token_expires(
    world: World, delivery: Program
) -> None:
    ana = Shopper("ana", delivery.url, transports=_POLLING)
    async with running(delivery):
        started_at = time.time()
        await ana.connect(shopper_token("ana", lifetime=4 - LEEWAY_SECONDS))
        await ana.gone()
        assert time.time() - started_at > 2
        created = await world.create("ana")
        await world.all_committed()
        assert await world.delivered(created) == set()


async def test_a_shopper_who_stops_polling_is_offline_and_holds_up_no_offset(
    world: World, stack_env: dict[str, str]
) -> None:
    url = f"http://127.0.0.1:{stack_env['DELIVERY_PORT']}"
    impatient = ForkedProgram("tests.integration.delivery.conformance.impatient", url, stack_env)
    async with running(impatient), Poller.opened(url) as poller:
        await poller.sends("40" + f'{{"token":"{shopper_token("ana")}"}}')
        assert (await poller.packet()).startswith("40")
        await eventually(lambda: _sessions_are(impatient, 1))
        created = await world.create("ana")
        assert (await poller.pushed())[1] == created
        await eventually(lambda: _sessions_are(impatient, 0))
        await world.all_committed()
        assert (await settled(impatient))["parked"] == 1
        assert await world.delivered(created) == set()


async def test_sessions_beyond_the_limit_are_refused_until_one_ends_or_upgrades(
    world: World, delivery: Program, stack_env: dict[str, str]
) -> None:
    stack_env["DELIVERY_MAX_POLLING_SESSIONS"] = "1"
    ana, berto, carla, dora = (
        Shopper(user, delivery.url, transports=transports)
        for user, transports in {
            "ana": _UPGRADING,
            "berto": _POLLING,
            "carla": _POLLING,
            "dora": ("websocket",),
        }.items()
    )
    async with running(delivery), connected(ana):
        assert ana.transport == "websocket"
        async with connected(berto, dora):
            assert await _sessions_are(delivery, 1)
            # Do not use the shopper's client here. It may close the connection before it has read
            # the body of the refusal, and then aiohttp raises an error.
            async with http_client(delivery.url) as http:
                refusal = await http.get(_HANDSHAKE)
            assert (refusal.status_code, refusal.headers["Retry-After"]) == (503, "1")
        async with connected(carla):
            created = await world.create("carla")
            await carla.has(1)
            await world.all_delivered(created)


async def _sessions_are(program: Program, count: int) -> bool:
    return await program.metric("delivery_polling_sessions") == count
