"""An Engine.IO client that polls. A test makes each request itself, so it can break the rules."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx

from tests.integration.delivery.conformance.wire import connect_packet
from tests.services.http import http_client
from tests.services.waiting import PATIENCE_SECONDS

SEPARATOR = "\x1e"
_CLOSE_SECONDS = 5
_QUERY = {"EIO": "4", "transport": "polling"}


class EndedError(Exception):
    """The session has ended."""


class Poller:
    """One session that polls. `opening` has the fields of the handshake."""

    def __init__(self, http: httpx.AsyncClient, opening: dict[str, Any]) -> None:
        self.opening = opening
        self.sid: str = opening["sid"]
        self._http = http
        self._waiting: list[str] = []

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str) -> AsyncIterator["Poller"]:
        """Open a session. It is not closed when the context ends."""
        async with http_client(url, timeout=PATIENCE_SECONDS) as http:
            answer = await http.get("/socket.io/", params=_QUERY)
            assert answer.status_code == 200, answer.text
            assert answer.text.startswith("0{"), answer.text
            yield cls(http, json.loads(answer.text[1:]))

    @classmethod
    @asynccontextmanager
    async def entered(cls, url: str, user: str) -> AsyncIterator["Poller"]:
        """Open a session, and connect this user. The session is closed when the context ends."""
        async with cls.opened(url) as poller:
            await poller.sends(connect_packet(user))
            assert (await poller.packet()).startswith('40{"sid":')
            try:
                yield poller
            finally:
                with suppress(httpx.HTTPError, TimeoutError):
                    async with asyncio.timeout(_CLOSE_SECONDS):
                        await poller.post("1")

    async def get(self, **query: str) -> httpx.Response:
        """Poll once."""
        return await self._http.get("/socket.io/", params={**_QUERY, "sid": self.sid, **query})

    async def post(self, body: str | bytes, **query: str) -> httpx.Response:
        """Post a payload."""
        params = {**_QUERY, "sid": self.sid, **query}
        headers = {"Content-Type": "text/plain;charset=UTF-8"}
        return await self._http.post("/socket.io/", params=params, content=body, headers=headers)

    async def sends(self, *packets: str) -> None:
        """Post these packets. Raises `EndedError`."""
        answer = await self.post(SEPARATOR.join(packets))
        if answer.status_code == 400:
            raise EndedError
        assert (answer.status_code, answer.text) == (200, "OK")

    async def packet(self) -> str:
        """Return the next packet. Answers pings, and skips "6", the noop packet.

        Raises `EndedError`.
        """
        while True:
            while not self._waiting:
                answer = await self._polled()
                self._waiting = answer.text.split(SEPARATOR)
            packet = self._waiting.pop(0)
            if packet in ("1", "41"):
                raise EndedError
            if packet == "2":
                await self.sends("3")
            elif packet != "6":
                return packet

    async def pushed(self) -> tuple[str, list[str]]:
        """Wait for a `notifications` event. Return the id for its ack, and the ids in it."""
        packet = await self.packet()
        id_end = packet.index("[")
        name, items = json.loads(packet[id_end:])
        assert (packet[:2], name) == ("42", "notifications")
        return packet[2:id_end], [item["id"] for item in items]

    async def _polled(self) -> httpx.Response:
        try:
            answer = await self.get()
        except httpx.HTTPError as error:
            raise EndedError from error
        if answer.status_code == 400:
            raise EndedError
        assert answer.status_code == 200, answer.text
        return answer

    async def is_over(self) -> None:
        """Check that the server no longer serves this session."""
        assert (await self.get()).status_code == 400
        assert (await self.post("3")).status_code == 400
