"""A stopping instance refuses new clients, and disconnects a client after its last ack."""

import os
import signal

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.integration.delivery.judged import Judged
from tests.services.http import http_client
from tests.services.program import Program, running
from tests.services.shopper import connected
from tests.services.waiting import eventually
from tests.services.world import World


async def test_a_stopping_instance_is_not_ready_and_refuses_clients(
    world: World, delivery: Program, judged: Judged, stack_env: dict[str, str]
) -> None:
    stack_env["DELIVERY_DRAIN_SECONDS"] = "30"  # longer than the test needs to ack
    ana, bea = judged.shopper("ana", acking=False), judged.shopper("bea")
    async with running(delivery), connected(ana, bea):
        created = await world.create("ana")
        await ana.has(1)
        os.kill(delivery.pid, signal.SIGTERM)
        await bea.gone()  # this client has nothing to acknowledge
        async with http_client(delivery.url) as client:

            async def readyz_says_stopping() -> bool:
                answer = await client.get("/readyz")
                reasons = answer.json().get("reasons")
                return (answer.status_code, reasons) == (503, {"sockets": "starting or stopping"})

            await eventually(readyz_says_stopping)
        address = delivery.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        with pytest.raises(InvalidStatus) as refused:
            await connect(address)
        response = refused.value.response
        assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
        assert ana.connected, "a client with an unacknowledged push must stay connected"
        ana.start_acking()
        await ana.gone()
        assert await delivery.wait() == 0
    assert await world.delivered(created) == set(created)
    assert ana.received == created
    assert [event for event in delivery.events if event["level"] == "error"] == []
