"""Asks Kafka for the group's offsets, owners and members."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from delivery.tools.partition_status import members_of, statuses_of
from deploy.console.core.river import Lane
from runtime.kafka_clients import start
from runtime.time_limits import CONSUMER_LIMITS

_ANSWER_SECONDS = 3.0


class GroupReader:
    """Owns the addresses of the last members, and one client, which is replaced after a fault."""

    def __init__(self, options: Mapping[str, Any], group: str) -> None:
        self._options = options
        self._group = group
        self._client: AIOKafkaAdminClient | None = None
        self._addresses: tuple[str, ...] = ()

    async def read(
        self, ends: Mapping[TopicPartition, int]
    ) -> tuple[list[Lane], tuple[str, ...], tuple[str, ...]]:
        """Return the lanes, the members' addresses, and the owner of each partition.

        While the group rebalances and its members are not all known, those of the last read still
        count as members.

        Raises `KafkaError`, `OSError` or `TimeoutError`.
        """
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                client = await self._started()
                members = await members_of(client, self._group)
                statuses = await statuses_of(client, self._group, ends, members.owners)
        except (KafkaError, OSError, TimeoutError):
            await self.close()
            raise
        lanes = [
            Lane(
                status.tp.partition,
                status.owner or None,
                status.committed,
                max(status.end, status.committed),
                status.settled_beyond,
            )
            for status in statuses
        ]
        before = () if members.are_all_known else self._addresses
        self._addresses = tuple(dict.fromkeys((*before, *members.addresses)))
        return lanes, self._addresses, members.owners

    async def close(self) -> None:
        """Close the client."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(KafkaError, OSError):
                await client.close()

    async def _started(self) -> AIOKafkaAdminClient:
        if self._client is None:
            client = AIOKafkaAdminClient(**CONSUMER_LIMITS, **self._options)
            await start(client, client.close)
            self._client = client
        return self._client
