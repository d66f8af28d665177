"""Delivery counts acks that do not belong to a push, and otherwise ignores them."""

import json

from websockets.asyncio.client import ClientConnection, connect

from tests.services.program import Program, running
from tests.services.tokens import shopper_token
from tests.services.waiting import eventually
from tests.services.world import World


async def test_malformed_repeated_and_foreign_acks_are_counted_and_harmless(
    world: World, delivery: Program
) -> None:
    address = delivery.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    async with running(delivery), connect(address) as ana, connect(address) as mallory:
        await _enter(ana, "ana")
        await _enter(mallory, "mallory")
        created = await world.create("ana")
        event = str(await ana.recv())
        number = event[len("42") : event.index("[")]

        await ana.send("430[]")  # python-socketio would use this id, but no push has it
        for nonsense in (f"43{number}[]", "43999[]", "43[]", "43", '43-1["x"]', "43{}", "4", "zz"):
            await mallory.send(nonsense)
        await eventually(lambda: _at_least(delivery, "delivery_unknown_acks_total", 3))
        assert await world.delivered(created) == set()

        await ana.send(f'43{number}["anything", {{"else": 1}}]')
        await world.all_delivered(created)
        await world.all_committed()
        before = await delivery.metric("delivery_unknown_acks_total")
        await ana.send(f"43{number}[]")
        await eventually(lambda: _at_least(delivery, "delivery_unknown_acks_total", before + 1))
        again = await world.create("ana")
        assert json.loads(str(await ana.recv())[3:].lstrip("0123456789"))[1][0]["id"] == again[0]


async def _enter(socket: ClientConnection, user: str) -> None:
    await socket.recv()
    await socket.send("40" + json.dumps({"token": shopper_token(user)}))
    assert str(await socket.recv()).startswith("40")


async def _at_least(delivery: Program, metric: str, value: float) -> bool:
    return await delivery.metric(metric) >= value
