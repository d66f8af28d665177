"""Peers with a separate port serve each other only there, also while an instance drains."""

import os
import signal
from collections.abc import Iterator

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from deploy.console.watching.instances import InstanceProbe
from tests.integration.delivery.instances import share_all_partitions
from tests.integration.delivery.judged import Judged
from tests.services.http import http_client
from tests.services.program import ForkedProgram, Program, running
from tests.services.shopper import connected
from tests.services.tokens import reader_token
from tests.services.world import World

_SOCKETS = "/socket.io/?EIO=4&transport=websocket"


async def test_peers_use_their_own_port_until_the_last_ack(
    world: World, delivery: Program, judged: Judged, stack_env: dict[str, str], ports: Iterator[int]
) -> None:
    stack_env |= {"DELIVERY_PEER_PORT": str(next(ports)), "DELIVERY_DRAIN_SECONDS": "30"}
    other_ports = {"DELIVERY_PORT": str(next(ports)), "DELIVERY_PEER_PORT": str(next(ports))}
    url = f"http://127.0.0.1:{other_ports['DELIVERY_PORT']}"
    other = ForkedProgram("delivery", url, stack_env | other_ports)
    users = [world.users_of_partition(partition, 1)[0] for partition in range(3)]
    shoppers = [judged.shopper(user, acking=False) for user in users]
    async with running(delivery, other):
        await share_all_partitions(world, delivery, other)
        async with connected(*shoppers):
            created = [identifier for user in users for identifier in await world.create(user)]
            for shopper in shoppers:
                await shopper.has(1)
            assert (await other.samples())["delivery_hops_total"] >= 1
            await _serves_only_its_own_kind(
                url, f"http://127.0.0.1:{stack_env['DELIVERY_PEER_PORT']}"
            )
            await _is_seen_by_the_console(
                f"http://127.0.0.1:{stack_env['DELIVERY_PEER_PORT']}", stack_env["DELIVERY_PORT"]
            )
            os.kill(other.pid, signal.SIGTERM)
            for shopper in shoppers:
                shopper.start_acking()
            assert await other.wait() == 0
            await world.all_delivered(created)
            assert [shopper.received for shopper in shoppers] == [[each] for each in created]


async def _serves_only_its_own_kind(public: str, peers: str) -> None:
    for url, path in ((public, "/peer"), (peers, _SOCKETS), (peers, "/elsewhere")):
        with pytest.raises(InvalidStatus) as refused:
            await connect(url.replace("http", "ws") + path)
        assert refused.value.response.status_code == 404
    async with http_client() as client:
        for path in ("/peer", "/healthz", "/readyz", "/metrics", "/socket.io/?EIO=4"):
            assert (await client.get(peers + path)).status_code == 404
        assert (await client.get(public + "/peer")).status_code == 404
        assert (await client.get(public + "/healthz")).status_code == 200


async def _is_seen_by_the_console(peers: str, public_port: str) -> None:
    for port, partitions in ((None, False), (int(public_port), True)):
        probe = InstanceProbe(reader_token, port)
        await probe.probe([peers])
        assert ("partitions" in probe.instances[peers].status) is partitions
        await probe.close()
