"""Fetches the bytes of a partition as they stand in the log, without reading their records."""

import asyncio
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import LeaderNotAvailableError, for_code
from aiokafka.protocol.fetch import FetchRequest

#: The connection group of these fetches. aiokafka uses the groups 0 and 1. On their connections,
#: aiokafka's requests would wait for these.
_CONNECTION = 2
_TIMEOUT_SECONDS = 10.0
_ANSWER_BYTES = 1024 * 1024


async def fetch_raw(client: Any, tp: TopicPartition, offset: int) -> bytes:
    """Return whole batches from `offset` on, and perhaps the beginning of another.

    Returns no bytes at the log's end. `client` is an `AIOKafkaClient`. Raises `KafkaError`, also if
    the broker answers with an error, and `TimeoutError`.
    """
    async with asyncio.timeout(_TIMEOUT_SECONDS):
        leader = client.cluster.leader_for_partition(tp)
        if leader is None or leader == -1:
            await client.force_metadata_update()
            raise LeaderNotAvailableError(tp)
        wanted = [(tp.topic, [(tp.partition, offset, _ANSWER_BYTES)])]
        request = FetchRequest(0, 1, _ANSWER_BYTES, 0, wanted)
        answer = await client.send(leader, request, group=_CONNECTION)
    ((_, ((_, code, *_, data),)),) = answer.topics
    if code:
        error = for_code(code)
        if error.invalid_metadata:
            client.force_metadata_update()
        raise error(f"the broker's answer to a fetch of {tp.topic}-{tp.partition} at {offset}")
    return bytes(data or b"")
