"""A client that polls."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from tests.delivery.sockets.instance import POLLING, Instance, connect_packet


class PollingShopper:
    """One Engine.IO session. The test polls, and posts."""

    def __init__(self, http: httpx.AsyncClient, sid: str) -> None:
        self.http = http
        self.sid = sid
        self.path = f"{POLLING}&sid={sid}"
        self.socket = ""

    async def post(self, body: str | bytes) -> int:
        """Post packets. Return the status of the answer."""
        return (await self.http.post(self.path, content=body)).status_code

    async def poll(self) -> list[str]:
        """Wait for a packet, and return all packets that are queued by then."""
        answer = await self.http.get(self.path)
        assert answer.status_code == 200, answer.text
        return answer.text.split("\x1e")

    async def enter(self, user: str) -> None:
        """Ask for a Socket.IO connection, and wait for it."""
        assert await self.post(connect_packet(user)) == 200
        (answer,) = await self.poll()
        assert answer.startswith('40{"sid":'), answer
        self.socket = json.loads(answer[2:])["sid"]


@asynccontextmanager
async def polling(instance: Instance) -> AsyncIterator[PollingShopper]:
    """Open a session that polls, and close it at the end if it is still open."""
    async with instance.http() as http:
        answer = await http.get(POLLING)
        assert answer.status_code == 200, answer.text
        shopper = PollingShopper(http, json.loads(answer.text[1:])["sid"])
        yield shopper
        if shopper.sid in instance.parts.server.eio.sockets:
            await shopper.post("1")
