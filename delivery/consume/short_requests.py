"""Limits a consumer's small requests, so that it leaves a suspended coordinator soon."""

import asyncio
from typing import Any

from aiokafka.client import ConnectionGroup
from aiokafka.conn import CloseReason
from aiokafka.errors import RequestTimedOutError
from aiokafka.protocol.coordination import FindCoordinatorRequest
from aiokafka.protocol.group import HeartbeatRequest

#: A broker answers these at once, whatever the others do. So an answer that takes longer will not
#: come, unless the broker is suspended and continues.
_SMALL = (HeartbeatRequest, FindCoordinatorRequest)
_SECONDS = 3.0
#: aiokafka opens one connection at a time. While it waits for a suspended broker, no other broker
#: is connected.
_CONNECT_SECONDS = 4.0


def limit_small_requests(client: Any) -> None:
    """Let heartbeats, searches for the coordinator, and connecting fail after some seconds.

    aiokafka has one limit for all requests of a client, which must be longer than a join and a
    large fetch take. A member looks for the next coordinator only when its heartbeat has failed,
    and may ask the suspended broker for it. `client` is an `AIOKafkaClient`.
    """
    send, ready = client.send, client.ready

    async def soon_ready(node: int, *, group: ConnectionGroup = ConnectionGroup.DEFAULT) -> bool:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                return bool(await ready(node, group=group))
        except TimeoutError:
            return False

    async def limited(
        node: int, request: Any, *, group: ConnectionGroup = ConnectionGroup.DEFAULT
    ) -> Any:
        if not isinstance(request, _SMALL):
            return await send(node, request, group=group)
        try:
            async with asyncio.timeout(_SECONDS):
                return await send(node, request, group=group)
        except TimeoutError as error:
            # A later answer would be taken for that of another request.
            connection = client._conns.get((node, group))  # noqa: SLF001
            if connection is not None:
                connection.close(reason=CloseReason.CONNECTION_TIMEOUT)
            raise RequestTimedOutError from error

    client.send, client.ready = limited, soon_ready
