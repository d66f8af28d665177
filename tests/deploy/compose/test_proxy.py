"""HAProxy with the configuration of deploy/compose, in front of stand-ins for the services."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus

import pytest_asyncio
from websockets.asyncio.client import connect

from deploy.local.paths import ROOT
from deploy.local.ports import HOST
from deploy.local.process import Process
from deploy.local.program import is_ready
from tests.deploy.local.front import echo, instance_of, port_of
from tests.services.http import http_client


@pytest_asyncio.fixture
async def address(ports: Iterator[int]) -> AsyncIterator[str]:
    """The proxy's address. Stand-ins: delivery echoes messages, the API and the shop answer 204."""
    own = f"localhost:{next(ports)}"
    async with instance_of(echo) as delivery, instance_of(echo, HTTPStatus.NO_CONTENT) as rest:
        env = {
            "BIND": f"{HOST}:{own.partition(':')[2]}",
            "PUBLIC": own,
            "API": f"{HOST}:{port_of(rest)}",
            "SHOP": f"{HOST}:{port_of(rest)}",
            **{f"DELIVERY_{n}": f"{HOST}:{port_of(delivery)}" for n in (1, 2, 3)},
        }
        program = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program is not None
        config = ROOT / "deploy" / "compose" / "haproxy.cfg"
        proxy = Process("haproxy", [program, "-db", "-f", str(config)], env=env)
        await proxy.start()
        try:
            await proxy.until_ready(lambda: is_ready(f"http://{own}"), 20)
            yield own
        finally:
            await proxy.kill()


async def test_one_address_serves_everything_and_no_other_name(address: str) -> None:
    async with connect(f"ws://{address}/socket.io/?EIO=4", proxy=None) as client:
        await client.send("40")
        assert await client.recv() == "40"
    async with http_client(f"http://{address}") as client:
        config = (await client.get("/config.json")).json()
        assert config == {
            "apiUrl": f"http://{address}",
            "socketUrls": [f"http://{address}"],
            "shopUrl": f"http://{address}/shop",
        }
        foreign = await client.get("/config.json", headers={"Host": "evil.example"})
        assert foreign.status_code == HTTPStatus.MISDIRECTED_REQUEST
