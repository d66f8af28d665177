"""Starts Kafka clients so that a failed or cancelled start leaves no connection open."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

from aiokafka.admin import AIOKafkaAdminClient


class Client(Protocol):
    """A producer, a consumer or an admin client of aiokafka."""

    async def start(self) -> None:
        """Connect to Kafka."""


async def start(client: Client, end: Callable[[], Awaitable[object]]) -> None:
    """Start the client; if that fails, call `end` and raise the error again."""
    try:
        await client.start()
    # Cancellation is a failure, too. A half-started client holds connections and tasks, and only
    # this function has a reference to it.
    except BaseException:
        await end()
        raise


@asynccontextmanager
async def admin_client(options: dict[str, Any]) -> AsyncIterator[AIOKafkaAdminClient]:
    """Provide a started admin client, and close it afterwards. Raises `KafkaError`."""
    client = AIOKafkaAdminClient(**options)
    await start(client, client.close)
    try:
        yield client
    finally:
        await client.close()
