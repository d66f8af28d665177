"""The pipeline as the tour's steps use it from outside: by HTTP, sockets, Kafka and MongoDB."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, NamedTuple

import httpx

from delivery.inbox import Inbox
from delivery.tools.partition_status import PartitionStatus, partition_statuses
from delivery.tools.settings import ToolSettings
from delivery.tools.topic_reader import topic_reader
from deploy.demo_shop.tokens import service_token, shopper_token
from deploy.tour.control import Control
from deploy.tour.screen import Screen
from deploy.tour.shopper import Shopper
from producer_api.client import AsyncNotifications, ClientError, NewNotification
from producer_api.contract.notification import COLLECTION
from producer_api.contract.partitioning import partition_of

_POLL_SECONDS = 0.15
_TOKEN_SECONDS = 3600


class Addresses(NamedTuple):
    """Where the stack's programs are, and the secret that signs their tokens."""

    api: str
    sockets: str
    secret: str


class Stage:
    """Owns the connections to the stack, and the names of the tour's users.

    `patience` is how long a check may wait for what it claims, in seconds.
    """

    def __init__(
        self, addresses: Addresses, tools: ToolSettings, control: Control, patience: float
    ) -> None:
        self.control = control
        self.patience = patience
        self.api = AsyncNotifications(addresses.api, lambda: service_token(addresses.secret))
        self._addresses = addresses
        self._tools = tools
        self._http = httpx.AsyncClient()
        self._inbox = Inbox(tools.mongo_url, tools.mongo_database)
        self._users: list[str] = []
        self._partitions = 0

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, addresses: Addresses, tools: ToolSettings, control: Control, patience: float
    ) -> AsyncIterator["Stage"]:
        """Open the connections. At the end, erase all users of the tour."""
        stage = cls(addresses, tools, control, patience)
        try:
            stage._partitions = len(await stage.statuses())
            yield stage
        finally:
            await stage._erase_users()
            await stage.api.close()
            await stage._http.aclose()
            stage._inbox.close()

    def user(self, *, beside: str | None = None) -> str:
        """Return a new user of the tour; with `beside`, one on that user's partition."""
        while True:
            user = f"tour-{uuid.uuid4().hex[:8]}"
            if beside is None or self.partition(user) == self.partition(beside):
                self._users.append(user)
                return user

    def partition(self, user: str) -> int:
        """Return the partition of this user."""
        return partition_of(user, self._partitions)

    def tab(self, shopper: Shopper) -> AbstractAsyncContextManager[Shopper]:
        """Return the connection of this shopper, as a context."""
        token = shopper_token(
            self._addresses.secret, shopper.user, int(time.time()) + _TOKEN_SECONDS
        )
        return shopper.connected(self._addresses.sockets, token)

    async def create(self, user: str, title: str, *, collapse_key: str | None = None) -> str:
        """Create a notification, and return its id. Raises `ClientError`."""
        created = await self.api.create(
            NewNotification(user_id=user, type="order.tour", title=title, collapse_key=collapse_key)
        )
        return str(created["id"])

    async def has_status(self, ids: list[str], status: str) -> bool:
        """Wait until all these notifications have this delivery status. Return whether they do."""

        async def all_have() -> bool:
            states = await asyncio.gather(*(self.api.state(one) for one in ids))
            return all(state["status"] == status for state in states)

        return await self.comes_true(all_have)

    async def statuses(self) -> list[PartitionStatus]:
        """Return the group's position on each partition, and the partition's owner."""
        return await partition_statuses(self._tools)

    async def status(self, partition: int) -> PartitionStatus:
        """Return the group's position on one partition."""
        return (await self.statuses())[partition]

    async def owned(self, instance: str) -> int:
        """Return how many partitions an instance says that it owns; 0 if it is down."""
        token = service_token(self._addresses.secret)
        try:
            answer = await self._http.get(
                f"{instance}/status", headers={"Authorization": f"Bearer {token}"}
            )
        except httpx.HTTPError:
            return 0
        return len(answer.json()["partitions"]) if answer.is_success else 0

    async def records(self, since: PartitionStatus) -> list[tuple[int, str, dict[str, Any]]]:
        """Return the offset, type and value of each record after this status of a partition."""
        async with topic_reader(self._tools) as reader:
            return [
                (record.offset, dict(record.headers)["ce_type"].decode(), json.loads(record.value))
                async for record in reader.records(since.tp, since.end)
            ]

    async def stored(self, user: str) -> int:
        """Return how many notifications of this user MongoDB has."""
        return int(await self._inbox.database[COLLECTION].count_documents({"user_id": user}))

    async def comes_true(self, holds: Callable[[], Awaitable[bool]]) -> bool:
        """Poll until the condition holds, at most `patience` seconds. Return whether it holds."""
        deadline = time.monotonic() + self.patience
        while not (true := await holds()) and time.monotonic() < deadline:  # noqa: ASYNC110 - the state is that of other processes
            await asyncio.sleep(_POLL_SECONDS)
        return true

    async def _erase_users(self) -> None:
        for user in self._users:
            with suppress(ClientError):  # the stack was stopped meanwhile
                await self.api.erase(user)


class Play(NamedTuple):
    """What a step needs: the stage, and the screen that shows its checks."""

    stage: Stage
    screen: Screen
