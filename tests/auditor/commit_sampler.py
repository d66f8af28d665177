"""Watches the group's committed offsets during a run, and logs each change."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tests.auditor.audit import Sources
from tests.auditor.kafka_admin import admin_client, partitions_of
from tests.auditor.logs import LinesLog
from tests.auditor.read_group import NoAnswerError, committed

_ANSWER_SECONDS = 5.0
_UNAVAILABLE = (KafkaError, NoAnswerError, OSError, TimeoutError)


class CommitSampler:
    """Owns the last offset seen in each partition. Kafka may restart during the run.

    Writes to the first of the sources' logs of samples. Each line has the time of Kafka's answer,
    at which the offset was already committed.
    """

    def __init__(self, sources: Sources, *, every_seconds: float = 0.05) -> None:
        self._kafka = sources.kafka
        self._topic = sources.topic
        self._group = sources.group
        self._lines = LinesLog(sources.samples[0])
        self._every_seconds = every_seconds
        self._seen: dict[int, int] = {}
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Make `run` return. Do not cancel its task: aiokafka may swallow the cancellation."""
        self._stopped.set()

    async def run(self) -> None:
        """Watch until `stop` is called, and take at least one sample if Kafka answers."""
        while not self._stopped.is_set():
            with suppress(*_UNAVAILABLE):
                await self._watch()
            await self._pause()
        # On a busy machine, the run may end before the first sample. Take one now.
        if not self._seen:
            with suppress(*_UNAVAILABLE):
                await self._watch()

    async def _watch(self) -> None:
        async with admin_client(self._kafka) as admin:
            partitions = await partitions_of(admin, self._topic)
            # If another broker becomes the coordinator, the next sample raises an error.
            coordinator = await admin.find_coordinator(self._group)
            await self._sample(admin, partitions, coordinator)
            while not self._stopped.is_set():
                await self._pause()
                await self._sample(admin, partitions, coordinator)

    async def _sample(
        self, admin: AIOKafkaAdminClient, partitions: list[TopicPartition], coordinator: int
    ) -> None:
        async with asyncio.timeout(_ANSWER_SECONDS):
            commits = await committed(admin, self._group, partitions, coordinator)
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
    """Run the sampler inside the `with` block. An error of the sampler itself fails the test."""
    watching = asyncio.create_task(sampler.run())
    try:
        yield
    finally:
        sampler.stop()
        await asyncio.wait((watching,))
    watching.result()
