"""Watches the group's committed offsets during a run, and writes down each change."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tests.auditor.kafka import admin_client, partitions_of
from tests.auditor.logs import LinesLog
from tests.auditor.read_group import NoAnswerError, committed

_ANSWER_SECONDS = 5.0


_AWAY = (KafkaError, NoAnswerError, OSError, TimeoutError)


class CommitSampler:
    """Owns the last offset seen of each partition. Kafka may come and go meanwhile.

    A line's moment is that of the answer: by then at the latest, the offset stood there.
    """

    def __init__(
        self, bootstrap: str, topic: str, group: str, path: Path, *, every_seconds: float = 0.05
    ) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._group = group
        self._lines = LinesLog(path)
        self._every_seconds = every_seconds
        self._seen: dict[int, int] = {}
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Stop watching.

        Makes `run` return. Cancelling it would not do, because aiokafka may swallow that.
        """
        self._stopped.set()

    async def run(self) -> None:
        """Watch until stopped.

        On a busy machine, `stop` may come before the first look, which is then taken at the end.
        """
        while not self._stopped.is_set():
            with suppress(*_AWAY):
                await self._watch()
            await self._pause()
        if not self._seen:
            with suppress(*_AWAY):
                await self._watch()

    async def _watch(self) -> None:
        async with admin_client(self._bootstrap) as admin:
            places = await partitions_of(admin, self._topic)
            await self._look(admin, places)
            while not self._stopped.is_set():
                await self._pause()
                await self._look(admin, places)

    async def _look(self, admin: AIOKafkaAdminClient, places: list[TopicPartition]) -> None:
        async with asyncio.timeout(_ANSWER_SECONDS):
            commits = await committed(admin, self._group, places)
        for commit in commits:
            if self._seen.get(commit.partition) != commit.offset:
                self._lines.append(partition=commit.partition, offset=commit.offset)
                self._seen[commit.partition] = commit.offset

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._every_seconds):
                await self._stopped.wait()


@asynccontextmanager
async def sampled(sampler: CommitSampler) -> AsyncIterator[None]:
    """Have it watch while this lasts; a fault of the sampler itself fails the test."""
    watching = asyncio.create_task(sampler.run())
    try:
        yield
    finally:
        sampler.stop()
        await asyncio.wait((watching,))
    watching.result()
