"""The river as a page receives it, by server-sent events."""

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
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._changed:
                await self._changed.wait_for(holds)
        except TimeoutError:
            raise AssertionError(f"{self.state}, {self.records}") from None

    @property
    def lanes(self) -> dict[int, dict[str, Any]]:
        """The lanes of the last state, by partition."""
        return {lane["partition"]: lane for lane in self.state.get("partitions", [])}

    def committed(self, partition: int) -> int:
        """Return the committed offset of a lane; 0 if it is not shown yet."""
        return int(self.lanes.get(partition, {}).get("committed", 0))

    def waits_for(self, notification_id: str) -> dict[str, Any] | None:
        """Return what the lane shows about this notification, if its offset waits for it."""
        waits = [lane["waits_for"] for lane in self.lanes.values() if lane["waits_for"]]
        return next((wait for wait in waits if wait["id"] == notification_id), None)

    def happened_to(self, instance: str | None, what: str) -> bool:
        """Return whether this has happened to an instance."""
        return any(
            (each["instance"], each["what"]) == (instance, what) for each in self.state["members"]
        )

    def instance(self, url: str) -> dict[str, Any]:
        """Return what the last state says about an instance."""
        return next(each for each in self.state["instances"] if each["url"] == url)

    def says(self, words: str) -> bool:
        """Return whether the console reports this trouble."""
        return any(words in problem for problem in self.state["problems"])

    def kinds(self) -> set[str]:
        """Return the kinds of all records."""
        return {record["kind"] for record in self.records}

    async def follow(self, response: httpx.Response) -> None:
        """Read the stream until it ends."""
        name = ""
        async for line in response.aiter_lines():
            field, _, value = line.partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                await self._take(name, json.loads(value))
        async with self._changed:
            self.has_ended = True
            self._changed.notify_all()

    def hops(self) -> list[dict[str, Any]]:
        """Return the deliveries through an instance other than the owner."""
        return [each for each in self.records if each["owner"] != each["edge"]]

    async def until_ended(self) -> None:
        """Wait until the console has ended the stream."""
        await self.until(lambda: self.has_ended)

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
