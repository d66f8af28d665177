"""Starts Kafka clients so that a failed or cancelled start leaves no connection open."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError

from runtime.closed_connections import report_closed_connections
from runtime.kafka_refusal import refusal
from runtime.stable_offsets import require_stable_offsets
from runtime.time_limits import CONSUMER_LIMITS


class KafkaClient(Protocol):
    """A producer, a consumer or an admin client of aiokafka."""

    async def start(self) -> None:
        """Connect to Kafka."""


async def start(client: KafkaClient, end: Callable[[], Awaitable[object]]) -> None:
    """Start the client; if that fails, call `end` and raise the error again.

    Raises `KafkaRefusedError` if Kafka answers, but this program's settings do not suit it.
    """
    require_stable_offsets()
    report_closed_connections()
    try:
        await _start(client)
    # Cancellation is a failure, too. A half-started client holds connections and tasks, and only
    # this function has a reference to it.
    except BaseException:
        await end()
        raise


async def _start(client: KafkaClient) -> None:
    try:
        await client.start()
    except KafkaConnectionError as error:
        # A producer names this attribute `client`. The test doubles have no such attribute.
        inner = getattr(client, "_client", None) or getattr(client, "client", None)
        refused = await refusal(inner) if isinstance(inner, AIOKafkaClient) else None
        if refused is not None:
            raise refused from error
        raise


@asynccontextmanager
async def admin_client(options: dict[str, Any]) -> AsyncIterator[AIOKafkaAdminClient]:
    """Provide a started admin client, and close it afterwards. Raises `KafkaError`."""
    client = AIOKafkaAdminClient(**CONSUMER_LIMITS, **options)
    await start(client, client.close)
    try:
        yield client
    finally:
        await client.close()
