"""An order service that withdraws every other notification, at any process that answers."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import httpx

from tests.services.http import http_client
from tests.services.tokens import service_token
from tests.services.waiting import PATIENCE_SECONDS, eventually
from tests.services.world import World

_ANSWER_SECONDS, _PAUSE_SECONDS = 2.0, 0.05


class Regrets:
    """Owns the ids of kept and of withdrawn notifications. Repeats requests until they succeed."""

    def __init__(self, urls: Sequence[str], users: Sequence[str], world: World) -> None:
        self.world = world
        self.kept: dict[str, list[str]] = {user: [] for user in users}
        self.withdrawn: set[str] = set()
        self._urls = itertools.cycle(urls)
        self._stopped = False
        self._random = random.Random(4)  # noqa: S311 - no secret

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Create and withdraw until the context ends, and wait for all answers."""
        headers = {"Authorization": f"Bearer {service_token()}"}
        async with (
            http_client(headers=headers, timeout=_ANSWER_SECONDS) as client,
            asyncio.TaskGroup() as tasks,
        ):
            for user in self.kept:
                tasks.create_task(self._serve(user, client, tasks))
            yield
            self._stopped = True

    async def rounds(self, count: int) -> None:
        """Wait until each user has `count` more notifications that are kept."""
        targets = {user: len(ids) + count for user, ids in self.kept.items()}

        async def are_kept() -> bool:
            return all(len(self.kept[user]) >= target for user, target in targets.items())

        await eventually(are_kept)

    def kept_of(self, users: Sequence[str]) -> list[str]:
        """Return the ids of the notifications that these users keep."""
        return [notification_id for user in users for notification_id in self.kept[user]]

    async def _serve(self, user: str, client: httpx.AsyncClient, tasks: asyncio.TaskGroup) -> None:
        while not self._stopped:
            for is_kept in (True, False):
                created = await self._create(user, client)
                if is_kept:
                    self.kept[user].append(created)
                else:
                    self.withdrawn.add(created)
                    tasks.create_task(self._withdraw(created, client))
            await asyncio.sleep(self._random.uniform(0.05, 0.3))

    async def _create(self, user: str, client: httpx.AsyncClient) -> str:
        began = datetime.now(UTC)
        body = {"user_id": user, "type": "order.shipped", "title": "Pedido despachado"}
        key = {"Idempotency-Key": uuid4().hex}
        answer = await self._ask(client, "POST", "/v1/notifications", json=body, headers=key)
        created = str(answer.json()["id"])
        assert self.world.accepted is not None
        self.world.accepted.note(created, user, began=began)
        return created

    async def _withdraw(self, created: str, client: httpx.AsyncClient) -> None:
        await asyncio.sleep(self._random.choice((0, 0.02, 0.2, 1)))
        await self._ask(client, "DELETE", f"/v1/notifications/{created}")

    async def _ask(
        self, client: httpx.AsyncClient, method: str, path: str, **options: object
    ) -> httpx.Response:
        """Send the request until it succeeds, each time to the next process."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    url = next(self._urls) + path
                    answer = await client.request(method, url, **options)  # type: ignore[arg-type]
                except httpx.TransportError:
                    pass
                else:
                    if answer.is_success:
                        return answer
                    assert answer.status_code in {409, 429, 500, 503}, answer.text
                await asyncio.sleep(_PAUSE_SECONDS)
