"""This instance as a member of the consumer group, from joining to leaving."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2

from delivery.consume.assignment import Assignment
from delivery.consume.committed import load_trackers
from delivery.consume.intake import Intake
from delivery.push.owner import Owner
from delivery.settings import Settings
from delivery.settle.commits import Commits, until_settled
from delivery.settle.dead_letters import DeadLetters
from delivery.sockets.sessions import Sessions
from producer_api.contract.topics import ensure_topics

_log = logging.getLogger(__name__)

_RETRY_SECONDS = 1.0
_LEAVE_SECONDS = 5.0
#: A join stalls the group until each member's next heartbeat.
_HEARTBEAT_MS = 750


class NotReadyError(Exception):
    """Why the group's partitions are not served yet."""


@dataclass(frozen=True, slots=True)
class _Membership:
    consumer: AIOKafkaConsumer
    assignment: Assignment
    intake: Intake
    commits: Commits


class Consumption:
    """Owns the group membership: there is none until Kafka is up, and none after `stop`."""

    def __init__(
        self, settings: Settings, owner: Owner, dead_letters: DeadLetters, sessions: Sessions
    ) -> None:
        self._settings = settings
        self._owner = owner
        self._dead_letters = dead_letters
        self._sessions = sessions
        self._membership: _Membership | None = None

    async def run(self) -> None:
        """Join the group as soon as Kafka is up, then take in and commit until stopped."""
        membership = await self._join()
        self._membership = membership
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(membership.intake.run())
                tasks.create_task(membership.commits.run())
        finally:
            await _leave(membership.consumer)

    async def check(self) -> None:
        """Raises `NotReadyError`, or `KafkaError`, while nothing can be consumed."""
        membership = self._membership
        if membership is None:
            raise NotReadyError("not connected to Kafka yet")
        if not membership.assignment.joined:
            raise NotReadyError("waiting for the consumer group to assign partitions")
        await membership.consumer.topics()

    async def stop(self, consuming: asyncio.Task[None]) -> None:
        """Take in no more, give acks in flight their time, commit, and leave the group."""
        self._sessions.close()
        if self._membership is None:
            consuming.cancel()
        else:
            self._membership.intake.stop()
            partitions = self._owner.partitions.values()
            await until_settled(self._owner, partitions, self._settings.delivery_drain_seconds)
            await self._membership.commits.stop()
        await asyncio.wait((consuming,))

    async def _join(self) -> _Membership:
        while True:
            try:
                return await self._try_to_join()
            except (KafkaError, TimeoutError) as error:
                _log.warning("waiting for Kafka", extra={"cause": repr(error)})
                await asyncio.sleep(_RETRY_SECONDS)

    async def _try_to_join(self) -> _Membership:
        settings = self._settings
        await ensure_topics(settings)
        consumer = AIOKafkaConsumer(
            **settings.kafka_client_options(),
            group_id=settings.kafka_group_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=settings.kafka_session_timeout_ms,
            heartbeat_interval_ms=_HEARTBEAT_MS,
        )
        interval = settings.delivery_commit_interval_ms / 1000
        commits = Commits(consumer, self._owner, settings.kafka_topic, interval)
        load = partial(load_trackers, settings, settings.kafka_group_id, consumer)
        assignment = Assignment(consumer, self._owner, commits, load)
        window = settings.delivery_max_in_flight_per_partition
        intake = Intake(consumer, self._owner, self._dead_letters, window)
        consumer.subscribe([settings.kafka_topic], listener=assignment)
        try:
            await consumer.start()
            partitions = consumer.partitions_for_topic(settings.kafka_topic)
        except BaseException:  # cancelled, too: the half-started client holds connections
            await _leave(consumer)
            raise
        if not partitions:
            await _leave(consumer)
            raise TimeoutError("the topic's partitions are not known yet")
        self._sessions.open(partial(partition_of, count=len(partitions)))
        return _Membership(consumer, assignment, intake, commits)


async def _leave(consumer: AIOKafkaConsumer) -> None:
    with suppress(KafkaError, TimeoutError):
        async with asyncio.timeout(_LEAVE_SECONDS):
            await consumer.stop()


def partition_of(user: str, count: int) -> int:
    """The partition of a user's records: the Java client's default partitioner."""
    hashed: int = murmur2(user.encode()) & 0x7FFF_FFFF
    return hashed % count
