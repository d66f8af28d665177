"""Limits the time of a consumer's small requests, so that it soon leaves a suspended broker."""

import asyncio
from collections import Counter
from typing import Any

from aiokafka.client import ConnectionGroup
from aiokafka.conn import CloseReason
from aiokafka.errors import NodeNotReadyError, RequestTimedOutError
from aiokafka.protocol.coordination import FindCoordinatorRequest
from aiokafka.protocol.group import HeartbeatRequest

from delivery.consume.log_offsets import QUESTIONS

#: A broker answers these requests at once, whatever the other members do. If an answer takes longer
#: than this, the broker is suspended.
_SMALL = (HeartbeatRequest, FindCoordinatorRequest)
_SECONDS = 3.0
#: aiokafka opens one connection at a time. While it waits for a suspended broker, no other broker
#: is connected.
_CONNECT_SECONDS = 4.0
#: If this many attempts to connect to a broker took too long, the broker is slow, but not
#: suspended: other brokers take over from a suspended one after 9 s, and the metadata then no
#: longer names it. Further attempts have the longer limit. Each attempt starts over, so with the
#: shorter limit none would ever succeed. The longer limit is enough for a provider of tokens, which
#: may take 10 s. Probes have only the short limit, because they ask suspended brokers on purpose.
_SHORT_ATTEMPTS, _LONG_CONNECT_SECONDS = 3, 12.0
_LASTING = frozenset((*ConnectionGroup, QUESTIONS))


def limit_small_requests(client: Any) -> None:
    """Let heartbeats, coordinator searches and connection attempts fail after some seconds.

    aiokafka has one limit for all requests of a client, which must be longer than a join and a
    large fetch take. A member looks for the next coordinator only when its heartbeat has failed,
    and may send this search to the suspended broker. `client` is an `AIOKafkaClient`.
    """
    _limit_connecting(client)
    send = client.send

    async def limited(
        node: int, request: Any, *, group: ConnectionGroup = ConnectionGroup.DEFAULT
    ) -> Any:
        if not isinstance(request, _SMALL):
            return await send(node, request, group=group)
        # Connecting has its own limit: with TLS and a token, it may take longer than an answer.
        if not await client.ready(node, group=group):
            raise NodeNotReadyError(f"broker {node} is not connected")
        try:
            async with asyncio.timeout(_SECONDS):
                return await send(node, request, group=group)
        except TimeoutError as error:
            # The next request would wait behind this one, because a broker answers in order.
            connection = client._conns.get((node, group))  # noqa: SLF001
            if connection is not None:
                connection.close(reason=CloseReason.CONNECTION_TIMEOUT)
            raise RequestTimedOutError from error

    client.send = limited


def _limit_connecting(client: Any) -> None:
    ready = client.ready
    slow_attempts = Counter[tuple[int, ConnectionGroup]]()  # in a row

    async def soon_ready(node: int, *, group: ConnectionGroup = ConnectionGroup.DEFAULT) -> bool:
        conn_id = node, group
        connection = client._conns.get(conn_id)  # noqa: SLF001 - aiokafka has no public way
        if connection is not None and connection.connected():
            return True
        is_short = slow_attempts[conn_id] < _SHORT_ATTEMPTS or group not in _LASTING
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(_CONNECT_SECONDS if is_short else _LONG_CONNECT_SECONDS):
                is_ready = bool(await ready(node, group=group))
        except TimeoutError:
            slow_attempts[conn_id] += 1
            return False
        if loop.time() - began < _CONNECT_SECONDS:
            del slow_attempts[conn_id]
        return is_ready

    client.ready = soon_ready
