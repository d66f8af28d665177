"""A page's view of the river: the server-sent events, as they come."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.services.waiting import PATIENCE_SECONDS


class River:
    """Owns what has arrived: the last state, and all records."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self.records: list[dict[str, Any]] = []
        self.has_ended = False
        self._changed = asyncio.Condition()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until the condition holds. Checks it after each event."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(holds)

    @property
    def lanes(self) -> dict[int, dict[str, Any]]:
        """The lanes of the last state, by partition."""
        return {lane["partition"]: lane for lane in self.state.get("partitions", [])}

    def happened(self, what: str) -> bool:
        """Return whether this has happened to a member."""
        return any(each["what"] == what for each in self.state.get("members", []))

    def kinds(self) -> set[str]:
        """Return the kinds of all records."""
        return {record["kind"] for record in self.records}

    async def follow(self, response: httpx.Response) -> None:
        """Take in the stream until it ends."""
        name = ""
        async for line in response.aiter_lines():
            field, _, value = line.partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                await self._take(name, json.loads(value))
        self.has_ended = True

    async def _take(self, name: str, data: dict[str, Any]) -> None:
        if name == "state":
            self.state = data
        else:
            self.records += data["records"]
        async with self._changed:
            self._changed.notify_all()


@asynccontextmanager
async def river_of(client: httpx.AsyncClient) -> AsyncIterator[River]:
    """Follow the river of a console, until the context ends."""
    river = River()
    async with client.stream("GET", "/api/river", timeout=None) as response:
        assert response.status_code == 200
        following = asyncio.create_task(river.follow(response))
        try:
            await river.until(lambda: bool(river.state))
            yield river
        finally:
            following.cancel()
            await asyncio.wait({following})
