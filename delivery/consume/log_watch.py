"""Watches the log behind the trackers: it may be replaced or cut, or may gain partitions."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError
from pymongo.errors import PyMongoError

from delivery import metrics
from delivery.consume.commits import Commits
from delivery.consume.log_offsets import QUESTIONS, read_ends
from delivery.consume.logs_of_leaders import logs_of_leaders
from delivery.core.log_change import Log, LogChange, change_of, tracker_after
from delivery.push.owner import Owner
from delivery.push.partition import Partition
from producer_api.contract.known_topic import KnownTopic, complaint
from producer_api.contract.settings import SharedSettings
from producer_api.contract.topics import ensure_topics, topic_names
from runtime.topic_metadata import Topic, read_topics

_log = logging.getLogger(__name__)

#: The pauses between two checks. The shorter one applies after an assignment, until all topic ids
#: are stored. An id is stored only after the first commit.
_INTERVAL_SECONDS, _STORE_SECONDS = 2.0, 0.5
_CHECK_SECONDS = 10.0
#: A topic that is missing for longer than this is created again. Until then, an operator who
#: deleted it may create it.
_MISSING_SECONDS = 3.0


@dataclass(slots=True)
class _TrackedLog:
    """The log that the tracker of one partition reads."""

    partition: Partition
    topic_id: str
    is_checked: bool
    """Whether MongoDB has been asked to which log the committed offset belongs."""
    is_stored: bool
    """Whether MongoDB has this topic id, so that the next owner trusts the committed offset."""


class LogWatch:
    """Owns the latest end offsets, and which log the tracker of each owned partition reads.

    Only this class moves a partition whose position is out of range. aiokafka could move it to the
    log's beginning, and the next records would overtake those that were deleted, which the inbox
    still owes. And if a new log has grown beyond the position, aiokafka would skip the new log's
    first records. So this class checks the logs at each interval, when `check_now` is set, and
    before partitions continue after a rebalance.
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        owner: Owner,
        commits: Commits,
        known: KnownTopic,
        settings: SharedSettings,
        partitions: int,
    ) -> None:
        """Watch the topic, which had `partitions` partitions at the first start."""
        self._consumer = consumer
        self._owner = owner
        self._commits = commits
        self._known = known
        self._settings = settings
        self._topic = settings.kafka_topic
        self._missing_since: dict[str, float] = {}
        self._partitions = partitions
        self._end_offsets: Mapping[TopicPartition, int] = {}
        self._tracked: dict[int, _TrackedLog] = {}
        self._checking = asyncio.Lock()
        self._is_stopped = False
        self.check_now = asyncio.Event()
        """Set when the log must be checked at once: a position is out of range, partitions were
        assigned, or aiokafka has asked for the topic's partitions."""
        self.problem: str | None = None
        """What is wrong with the topic itself, and what to do; None if nothing is."""

    def stop(self) -> None:
        """Stop checking. The caller must also cancel `run`, which may be waiting.

        The cancellation alone is not enough, because aiokafka may swallow it.
        """
        self._is_stopped = True

    async def run(self) -> None:
        """Check the log now, at each interval, and when `check_now` is set, until stopped."""
        # When a fetch fails, for example because the topic is missing, aiokafka asks for the
        # topic's partitions. Check the log then.
        self._consumer._client.cluster.add_listener(self._note_update)  # noqa: SLF001
        while not self._is_stopped:
            self.check_now.clear()
            await self.check(_CHECK_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause):
                    await self.check_now.wait()

    @property
    def _pause(self) -> float:
        """How long to wait for the next check: briefly, until all topic ids are stored."""
        logs = [tracked for tracked in self._tracked.values() if not tracked.partition.is_revoked]
        is_stored = all(tracked.is_stored for tracked in logs)
        return _INTERVAL_SECONDS if is_stored else _STORE_SECONDS

    def _note_update(self, _cluster: object) -> None:
        self.check_now.set()

    async def topic_id(self) -> str:
        """Return the topic's id, for `track`. Raises `KafkaError`."""
        topics = await self._topics([self._topic])
        if self._topic not in topics:
            raise UnknownTopicOrPartitionError(self._topic)
        return topics[self._topic].id

    def track(self, partition: Partition, topic_id: str) -> None:
        """Note which log a partition begins in.

        The caller must ask Kafka for the topic's id before it asks for the offsets.
        """
        self._tracked[partition.number] = _TrackedLog(partition, topic_id, False, False)

    async def check(self, seconds: float, *, in_rebalance: bool = False) -> None:
        """Compare the logs with those that the trackers read.

        Waits at most this many seconds for the logs, and then as long again for the topic ids to be
        stored. A partition whose log has changed begins again, and all its users catch up. Checks
        the suspended partitions with `in_rebalance`, and the others without it.
        """
        check = partial(self._check, in_rebalance=in_rebalance)
        is_checked = await self._is_done(check, seconds)
        # The check may have begun partitions again. Connect all their users, however long that
        # takes: a user who is not connected catches up only after the next assignment or check.
        are_left = True
        while are_left:
            are_left = self._owner.connect_some()
            await asyncio.sleep(0)
        if is_checked:
            await self._is_done(self._store, seconds)

    async def _is_done(self, step: Callable[[], Awaitable[None]], seconds: float) -> bool:
        """Carry out a step of a check, and return whether that succeeded in time."""
        try:
            async with asyncio.timeout(seconds), self._checking:
                await step()
        except (KafkaError, PyMongoError, TimeoutError) as error:
            _log.warning("log not watched", extra={"cause": repr(error)})
            return False
        return True

    def end_of(self, number: int) -> int:
        """Return the offset after the partition's last record; 0 while it is unknown."""
        partition = TopicPartition(self._topic, number)
        # `highwater` raises for a partition that a rebalance has just taken away.
        is_assigned = partition in self._consumer.assignment()
        fetched = self._consumer.highwater(partition) if is_assigned else None
        return max(fetched or 0, self._end_offsets.get(partition, 0))

    async def _check(self, *, in_rebalance: bool) -> None:
        owned = [
            partition
            for partition in self._owner.partitions.values()
            if partition.is_suspended == in_rebalance
        ]
        # Read the trackers before Kafka answers: they may receive newer records meanwhile.
        received = {partition: partition.tracker.next_to_receive for partition in owned}
        was_suspended = {partition: partition.is_suspended for partition in owned}
        names = topic_names(self._settings)
        topics = await self._topics(names)
        topic = topics.get(self._topic)
        self._judge(0 if topic is None else topic.partitions)
        await self._make_again([name for name in names if name not in topics])
        if topic is None:
            # The topic's next log may grow beyond the positions before the next check. Read none of
            # it until then.
            for partition in owned:
                partition.is_position_lost = True
            return
        # A partition without a leader must not keep the others waiting: it may have lost its only
        # broker for good.
        owned = [partition for partition in owned if partition.number in topic.leaders]
        logs = await self._logs(topic.id, owned)
        await self._track_assigned(topic.id, owned)
        logs |= await self._doubted(owned, logs, received)
        for partition in owned:
            # A rebalance may have begun or ended meanwhile.
            is_same = partition.is_suspended == was_suspended[partition]
            tracked = self._tracked.get(partition.number)
            is_known = tracked is not None and tracked.partition is partition
            if is_same and is_known and not partition.is_revoked:
                self._compare(partition, logs[partition.number], received[partition])

    async def _doubted(
        self, owned: Iterable[Partition], logs: Mapping[int, Log], received: Mapping[Partition, int]
    ) -> dict[int, Log]:
        """Ask all brokers about the logs that seem to be replaced or truncated.

        Takes in no records of these logs until the brokers have answered.
        """
        doubted = [
            partition
            for partition in owned
            if (tracked := self._tracked.get(partition.number)) is not None
            and tracked.partition is partition
            and change_of(
                logs[partition.number],
                tracked.topic_id,
                received[partition],
                partition.tracker.next_to_receive,
            )
            in (LogChange.REPLACED, LogChange.TRUNCATED)
        ]
        if not doubted:
            return {}
        for partition in doubted:
            partition.is_position_lost = True
        numbers = [partition.number for partition in doubted]
        return await logs_of_leaders(self._consumer, self._topic, numbers)

    def _judge(self, found: int) -> None:
        """Note whether the topic has as many partitions as at the first start."""
        problem = complaint(self._topic, found, self._partitions)
        if problem is not None and problem != self.problem:
            extra = {"topic": self._topic, "partitions": found, "expected": self._partitions}
            _log.error("topic changed", extra=extra)
        self.problem = problem
        metrics.TOPIC_MISMATCH.set(problem is not None)

    async def _make_again(self, missing: Collection[str]) -> None:
        """Create the topics that have been missing for some seconds.

        If the topics of receipts and dead letters stayed missing, commits would wait for them.
        """
        now = time.monotonic()
        for name in missing:
            if name not in self._missing_since and name != self._topic:
                _log.error("topic changed", extra={"topic": name, "partitions": 0})
        self._missing_since = {name: self._missing_since.get(name, now) for name in missing}
        if any(now - since > _MISSING_SECONDS for since in self._missing_since.values()):
            await ensure_topics(self._settings, self._partitions)

    async def _topics(self, names: Iterable[str]) -> dict[str, Topic]:
        client = self._consumer._client  # noqa: SLF001 - aiokafka has no public way to its client
        return await read_topics(client, names, group=QUESTIONS)

    async def _logs(self, topic_id: str, owned: Iterable[Partition]) -> dict[int, Log]:
        topic_partitions = [TopicPartition(self._topic, partition.number) for partition in owned]
        if not topic_partitions:
            return {}
        found = await read_ends(self._consumer._client, topic_partitions)  # noqa: SLF001
        self._end_offsets = {tp: ends.end for tp, ends in found.items()}
        return {tp.partition: Log(topic_id, ends.beginning, ends.end) for tp, ends in found.items()}

    async def _track_assigned(self, topic_id: str, owned: Iterable[Partition]) -> None:
        """Note the log of each partition that was assigned since the last check."""
        known = self._tracked
        new = [
            partition
            for partition in owned
            if (tracked := known.get(partition.number)) is None
            or tracked.partition is not partition
            or not tracked.is_checked
        ]
        if not new:
            return
        try:
            stored = await self._known.log_ids()
        except PyMongoError as error:
            _log.warning("log not watched", extra={"cause": repr(error)})
            return
        for partition in new:
            number = partition.number
            # Until an owner has stored a topic id, keep the id that this instance had before.
            before = known[number].topic_id if number in known else topic_id
            tracked_id = stored.get(number, before)
            is_stored = number in stored
            known[number] = _TrackedLog(partition, tracked_id, True, is_stored)

    def _compare(self, partition: Partition, log: Log, received: int) -> None:
        """Begin the partition again if its log is not the one that its tracker was reading."""
        number, tracker = partition.number, partition.tracker
        tp = TopicPartition(self._topic, number)
        tracked = self._tracked[number]
        change = change_of(log, tracked.topic_id, received, tracker.next_to_receive)
        if change is None:
            if partition.is_position_lost:
                partition.is_position_lost = False
                self._consumer.seek(tp, tracker.next_to_receive)
            return
        extra = {"partition": number, "received": received, "committed": tracker.next_to_commit}
        report_change(change, extra | {"beginning": log.beginning, "end": log.end})
        after = tracker_after(log, tracker)
        # Assigning the partition makes all its users catch up, so nobody needs to connect again.
        self._owner.assign(number, after)
        # The partition may be paused, because its window was full. `Intake` drops the records that
        # waited for room.
        self._consumer.resume(tp)
        self._consumer.seek(tp, after.next_to_receive)
        self._tracked[number] = _TrackedLog(
            self._owner.partitions[number],
            log.topic_id,
            is_checked=True,
            is_stored=tracked.is_stored and change is not LogChange.REPLACED,
        )

    async def _store(self) -> None:
        """Store the topic ids of the logs whose offsets this instance has committed."""
        ids = {
            number: tracked.topic_id
            for number, tracked in self._tracked.items()
            # An id that was not compared would replace the one that the last owner has stored.
            if tracked.is_checked
            and not (tracked.is_stored or tracked.partition.is_revoked)
            and self._commits.has_committed(tracked.partition)
        }
        if ids:
            await self._known.note_log_ids(ids)
            for number in ids:
                self._tracked[number].is_stored = True


def report_change(change: LogChange, extra: Mapping[str, int]) -> None:
    """Report that a partition's log is no longer the one that this group was reading."""
    metrics.LOG_CHANGED_AT.labels(change).set_to_current_time()
    _log.error("log changed", extra={"change": str(change), **extra})
