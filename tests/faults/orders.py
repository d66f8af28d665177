"""A correct order service: it sends a request to one process after another until a 201.

Each repeat has the same idempotency key. A user's next order starts only after the previous one has
been answered 201.
"""

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import httpx

from tests.auditor.logs import AcceptedLog
from tests.services.http import http_client
from tests.services.tokens import service_token
from tests.services.world import World

_PATIENCE_SECONDS = 90
_ANSWER_SECONDS = 2.0
_PAUSE_SECONDS = 0.05
_EVERY_SECONDS = 0.25
_TOKEN_SECONDS = 86_400  # longer than a campaign
# After these answers, repeat with the same key: the request is still running, or its outcome is
# unknown.
_REPEATED_STATUSES = frozenset({409, 503})


class OrderService:
    """Owns the ids of each user's notifications, in the order of the answers.

    Orders of different users run concurrently. A user's next order starts after the answer to the
    previous one, so the log must have the notifications in this order. The requests go to the
    processes in turn.
    """

    def __init__(
        self,
        urls: Sequence[str],
        users: Sequence[str],
        accepted: AcceptedLog,
        *,
        patience_seconds: float = _PATIENCE_SECONDS,
        repeated_statuses: frozenset[int] = _REPEATED_STATUSES,
    ) -> None:
        self.created: dict[str, list[str]] = {user: [] for user in users}
        self.repeats = Counter[str]()
        """The number of repeated requests, by the outcome of the previous attempt."""
        self._urls = itertools.cycle(urls)
        self._accepted = accepted
        self._patience_seconds = patience_seconds
        self._repeated_statuses = repeated_statuses
        self._stopped = False
        self._answered = asyncio.Condition()

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Send orders until the context ends, and wait until all are answered 201.

        May be called again afterwards.
        """
        self._stopped = False
        token = {"Authorization": f"Bearer {service_token(lifetime=_TOKEN_SECONDS)}"}
        async with (
            http_client(headers=token, timeout=_ANSWER_SECONDS) as client,
            asyncio.TaskGroup() as tasks,
        ):
            for user in self.created:
                tasks.create_task(self._order_for(user, client))
            yield
            self._stopped = True

    async def rounds(self, count: int) -> None:
        """Wait until `count` more orders of every user have been answered."""
        targets = {user: len(ids) + count for user, ids in self.created.items()}
        async with asyncio.timeout(self._patience_seconds), self._answered:
            await self._answered.wait_for(
                lambda: all(len(self.created[user]) >= target for user, target in targets.items())
            )

    async def each_once(self, world: World) -> None:
        """Fail unless the inbox has exactly one notification for each order.

        This needs idempotency keys. Without them, a repeat creates a second notification.
        """
        counts = Counter(
            [json.loads(document["data"])["order_id"] async for document in world.inbox.find({})]
        )
        assert {order: count for order, count in counts.items() if count > 1} == {}
        assert counts.total() == sum(map(len, self.created.values()))

    async def _order_for(self, user: str, client: httpx.AsyncClient) -> None:
        while not self._stopped:
            began = datetime.now(UTC)
            created = await self._create(user, client)
            self._accepted.note(created, user, began=began)
            self.created[user].append(created)
            async with self._answered:
                self._answered.notify_all()
            await asyncio.sleep(_EVERY_SECONDS)

    async def _create(self, user: str, client: httpx.AsyncClient) -> str:
        """Send a new order until the answer is 201. Return the id of the notification."""
        key = uuid4().hex
        async with asyncio.timeout(self._patience_seconds):
            while True:
                answer = await self._send(next(self._urls), user, key, client)
                if answer is not None and answer.status_code == httpx.codes.CREATED:
                    return str(answer.json()["id"])
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _send(
        self, url: str, user: str, key: str, client: httpx.AsyncClient
    ) -> httpx.Response | None:
        """Send one request. Return None if there is no answer.

        Raises `httpx.HTTPStatusError` for an answer that a repeat would not change.
        """
        body = {
            "user_id": user,
            "type": "order.shipped",
            "title": "Pedido despachado",
            "data": {"order_id": key},
        }
        headers = {"Idempotency-Key": f'"{key}"'}
        try:
            answer = await client.post(f"{url}/v1/notifications", json=body, headers=headers)
        except httpx.TransportError as error:
            self.repeats[type(error).__name__] += 1
            return None
        if answer.status_code in self._repeated_statuses:
            self.repeats[str(answer.status_code)] += 1
        else:
            answer.raise_for_status()
        return answer
