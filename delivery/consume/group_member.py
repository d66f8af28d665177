"""This instance as a member of the consumer group, from joining to leaving."""

import asyncio
import logging
import time
from dataclasses import dataclass
from functools import partial

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError

from delivery.consume.assignor import StickyAssignor
from delivery.consume.commits import Commits, CommittedOffset, until_settled
from delivery.consume.consumer_tasks import end, until_one_ends
from delivery.consume.feeder import Feeder
from delivery.consume.generation import generation_of, member_id_of
from delivery.consume.guarded_fetch import bound_reading, guard
from delivery.consume.intake import Intake
from delivery.consume.load_trackers import load_trackers
from delivery.consume.log_watch import LogWatch
from delivery.consume.map_followers import MapFollowers
from delivery.consume.rebalance_listener import RebalanceListener
from delivery.consume.remove_member import remove_member
from delivery.consume.short_requests import limit_small_requests
from delivery.consume.troubled_partitions import TroubledPartitions
from delivery.consume.writers import Writers
from delivery.push.partition import Partition
from delivery.push.parts import PushParts
from delivery.settings import Settings
from producer_api.contract.known_topic import KnownTopic
from producer_api.contract.mongo_problem import mongo_problem
from runtime.kafka_clients import start
from runtime.kafka_refusal import KafkaRefusedError
from runtime.time_limits import CONSUMER_LIMITS

_log = logging.getLogger(__name__)

_RETRY_SECONDS = 1.0
#: After this long without a share of the partitions, the instance reports that it is not ready. A
#: rebalance without a dead member takes less time, so the load balancer keeps sending clients here.
_OUT_SECONDS = 5.0
#: How long Kafka may take at a stop: for the last commit after the drain, for the last fetch, and
#: for leaving the group.
_COMMIT_SECONDS, _FETCH_SECONDS, _LEAVE_SECONDS = 3.0, 0.5, 2.0
#: How long the coordinator may take to remove another member.
_REMOVE_SECONDS = 2.0
#: A short interval, because a join stalls the group until every member's next heartbeat.
_HEARTBEAT_MS = 500
#: In a rebalance, the group waits this long for a member that has died. A hand-over takes less
#: time: it waits at most a second for acks, and then commits.
_REBALANCE_MS = 8_000
#: A broker's answer to a fetch stays below this, however many partitions it covers. A single batch
#: that is larger than this is fetched all the same.
_FETCH_BYTES = 8 * 1024 * 1024
_PARTITION_FETCH_BYTES = 1024 * 1024


class NotReadyError(Exception):
    """This instance cannot act as a member of the group now; the message says why."""


@dataclass(frozen=True, slots=True)
class _Membership:
    """The parts that exist only while this instance is a group member."""

    consumer: AIOKafkaConsumer
    intake: Intake
    troubled: TroubledPartitions
    commits: Commits
    watch: LogWatch
    listener: RebalanceListener


class GroupMember:
    """Owns the group membership. There is none until Kafka is up, and none after `stop`."""

    def __init__(
        self,
        settings: Settings,
        push: PushParts,
        followers: MapFollowers,
        writers: Writers,
        known: KnownTopic,
        *,
        traced: bool = False,
    ) -> None:
        self._settings = settings
        self._push = push
        self._followers = followers
        self._writers = writers
        self._known = known
        self._traced = traced
        self._membership: _Membership | None = None
        self._refusal = ""
        self._running: asyncio.Task[None] | None = None
        self._intake: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Join the group as soon as Kafka is up, then take records in and commit until stopped.

        Raises any error from which intake or the commits cannot recover.
        """
        self._running = asyncio.current_task()
        membership = await self._join()
        self._membership = membership
        try:
            async with asyncio.TaskGroup() as tasks:
                watch_task = tasks.create_task(membership.watch.run())
                troubled_task = tasks.create_task(membership.troubled.run())
                commits_task = tasks.create_task(membership.commits.run())
                watching = (
                    tasks.create_task(membership.listener.until_failed()),
                    tasks.create_task(until_one_ends(membership.consumer)),
                )
                self._intake = tasks.create_task(membership.intake.run())
                try:
                    # `stop` cancels intake if it does not end by itself.
                    await asyncio.wait((self._intake,))
                    # Intake stops first, and `Commits.stop` makes the last commit. Leave the group
                    # only after that commit, because leaving gives the partitions to other members.
                    await commits_task
                finally:
                    membership.watch.stop()
                    for task in (watch_task, troubled_task, *watching):
                        task.cancel()
        finally:
            await membership.listener.stop()
            await end(membership.consumer, _LEAVE_SECONDS)

    async def check(self) -> None:
        """Check that records can be consumed. Raises `NotReadyError` or `KafkaError`."""
        membership = self._membership
        if membership is None:
            raise NotReadyError(self._refusal or "not connected to Kafka yet")
        if self._push.owner.seconds_out > _OUT_SECONDS:
            raise NotReadyError("waiting for the consumer group to assign partitions")
        if membership.listener.waiting:
            numbers = ", ".join(map(str, sorted(membership.listener.waiting)))
            raise NotReadyError(f"the committed offsets of partitions {numbers} cannot be read")
        if membership.watch.problem is not None:
            raise NotReadyError(membership.watch.problem)
        await membership.consumer.topics()

    @property
    def paused(self) -> frozenset[int]:
        """The partitions whose intake waits for room in the window."""
        return self._membership.intake.paused if self._membership is not None else frozenset()

    @property
    def stopped(self) -> frozenset[int]:
        """The partitions that stand still: a batch, or their committed offset, cannot be read."""
        membership = self._membership
        if membership is None:
            return frozenset()
        return membership.listener.waiting.union(membership.troubled.stopped)

    @property
    def commit_age_seconds(self) -> float:
        """An upper bound for the time that any settled record has waited for a commit."""
        return self._membership.commits.age_seconds if self._membership is not None else 0.0

    @property
    def window(self) -> int:
        """How many unsettled records a partition may have."""
        return self._settings.delivery_max_in_flight_per_partition

    @property
    def policy(self) -> str:
        """What happens to the records of users who are not connected: `park` or `hold`."""
        return self._settings.delivery_offline_policy

    def committed_of(self, partition: Partition) -> CommittedOffset | None:
        """Return the last commit that moved the partition's offset; None if none was made here."""
        membership = self._membership
        return membership.commits.committed_of(partition) if membership is not None else None

    def end_of(self, partition: int) -> int:
        """Return the offset after the partition's last record; 0 while it is unknown."""
        return self._membership.watch.end_of(partition) if self._membership is not None else 0

    async def remove(self, member: str) -> bool:
        """Remove from the group a member that has died; return whether it was still a member.

        Raises `NotReadyError` if this instance is not a member of the latest generation itself: it
        may be the one that is cut off. Also raises `KafkaError`, or `TimeoutError`.
        """
        membership = self._membership
        known = self._followers.generation
        if membership is None or generation_of(membership.consumer) != known:
            raise NotReadyError("not a member of the group's latest generation")
        return await remove_member(membership.consumer, member, _REMOVE_SECONDS)

    async def stop(self, seconds: float) -> None:
        """Stop intake, wait for outstanding acks, commit, and leave the group.

        Waits at most `seconds` in all, for acks and for the receipts that the last commit needs.
        """
        if self._running is None:
            return
        if self._membership is None or self._intake is None:
            self._running.cancel()
        else:
            self._membership.intake.stop()
            deadline = time.monotonic() + seconds
            await until_settled(self._push, seconds)
            self._push.owner.suspend()
            await self._commit_last(self._membership.commits, deadline)
            # While the group rebalances, a fetch waits for the next assignment, however long.
            await asyncio.wait((self._intake,), timeout=_FETCH_SECONDS)
            self._intake.cancel()
        await asyncio.wait((self._running,))

    async def _commit_last(self, commits: Commits, deadline: float) -> None:
        """Make the last commit. If Kafka takes too long, the next owner reads the records again."""
        seconds = max(0.0, deadline - time.monotonic())
        try:
            async with asyncio.timeout(seconds + _COMMIT_SECONDS):
                await commits.stop(seconds)
        except TimeoutError:
            _log.warning("last commit abandoned")
            if self._running is not None:
                self._running.cancel()

    async def _join(self) -> _Membership:
        while True:
            try:
                return await self._try_to_join()
            except (KafkaError, OSError, TimeoutError) as error:
                self._refusal = str(error) if isinstance(error, KafkaRefusedError) else ""
                _log.warning("waiting for Kafka", extra={"cause": repr(error)})
            except PyMongoError as error:
                _log.warning("waiting for MongoDB", extra={"cause": mongo_problem(error)})
            await asyncio.sleep(_RETRY_SECONDS)

    async def _try_to_join(self) -> _Membership:
        settings = self._settings
        _, partitions = await self._known.ensure(settings)
        assignor = StickyAssignor(settings.kafka_topic, partitions, settings.advertised_url)
        consumer = AIOKafkaConsumer(
            **settings.kafka_client_options(),
            **CONSUMER_LIMITS,
            partition_assignment_strategy=(assignor,),
            rebalance_timeout_ms=_REBALANCE_MS,
            group_id=settings.kafka_group_id,
            enable_auto_commit=False,
            auto_offset_reset="none",  # see `LogWatch`
            session_timeout_ms=settings.kafka_session_timeout_ms,
            heartbeat_interval_ms=_HEARTBEAT_MS,
            fetch_max_bytes=_FETCH_BYTES,
            max_partition_fetch_bytes=_PARTITION_FETCH_BYTES,
        )
        interval = settings.delivery_commit_interval_ms / 1000
        commits = Commits(
            consumer,
            self._push.owner,
            self._push.settlement,
            self._writers.receipts,
            settings.kafka_topic,
            interval,
        )
        watch = LogWatch(consumer, self._push.owner, commits, self._known, settings, partitions)
        load = partial(load_trackers, consumer)
        listener = RebalanceListener(
            consumer,
            self._push,
            self._writers.delivered,
            commits,
            load,
            partial(self._adopt, consumer, assignor),
            watch,
        )
        window = settings.delivery_max_in_flight_per_partition
        owner, until_room = self._push.owner, self._writers.receipts.until_room
        all_bytes = settings.delivery_max_in_flight_megabytes * 1024 * 1024
        dead_letters, traced = self._writers.dead_letters, self._traced
        feeder = Feeder(self._push, dead_letters, window, all_bytes, traced=traced)
        troubled = TroubledPartitions(
            consumer, owner, feeder, self._writers.stopped, until_room, watch.check_now
        )
        intake = Intake(consumer, owner, feeder, troubled, until_room)
        consumer.subscribe([settings.kafka_topic], listener=listener)
        bound_reading()
        limit_small_requests(consumer._client)  # noqa: SLF001 - see `generation_of`
        await start(consumer, partial(end, consumer, _LEAVE_SECONDS))
        guard(consumer, troubled.report)
        return _Membership(consumer, intake, troubled, commits, watch, listener)

    def _adopt(
        self,
        consumer: AIOKafkaConsumer,
        assignor: StickyAssignor,
        generation: int,
        assigned: list[int],
    ) -> None:
        ownership = assignor.begin(generation)
        self._followers.adopt(ownership, assigned, assignor.idle, member_id_of(consumer))
