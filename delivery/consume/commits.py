"""Commits the settled prefix of every owned partition, with a map of what is settled above it."""

import asyncio
import logging
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata

from delivery import metrics
from delivery.consume.generation import generation_of
from delivery.core import settled_map
from delivery.core.ownership import NO_GENERATION
from delivery.push.owner import Owner
from delivery.push.partition import Partition
from delivery.push.parts import PushParts
from delivery.push.settlement import Settlement
from delivery.receipts.queue import Receipts
from runtime.slices import Slices

_log = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 5.0
#: A commit waits at most this long for the receipts of the records that it covers. If the instance
#: dies meanwhile, the next owner reads the records again and writes their receipts. After this time
#: the commit goes ahead, and the receipts stay queued.
_RECEIPTS_SECONDS = 10.0
_LAST_RECEIPTS_SECONDS = 0.5
#: Maps longer than this are counted, so that operators can act before a map is too long to commit.
_SOFT_LIMIT_CHARACTERS = 3072
#: While a record is held for hours, encoding the map above it takes about a millisecond in each
#: partition. The next commit waits this many times as long as the encoding took, so that maps take
#: under 2 % of the loop's time.
_PAUSE_PER_SECOND_OF_MAPS = 50.0
_LONGEST_PAUSE_SECONDS = 2.0

#: A value that changes when a partition has something new to commit.
_State = tuple[int, int, int]


class CommittedOffset(NamedTuple):
    """A partition's committed offset, and the time since which it has not changed."""

    offset: int
    since: float
    """Unix seconds: when the offset was first committed here."""


class Commits:
    """Owns the last commit of each partition, and the one commit that may be under way.

    A failed commit stays pending: the next interval commits the same or more. No commit is under
    way while the assignment changes, because aiokafka could repeat it under the next generation,
    and so rewind the next owner's commits.
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        owner: Owner,
        settlement: Settlement,
        receipts: Receipts,
        topic: str,
        interval_seconds: float,
    ) -> None:
        self._consumer = consumer
        self._owner = owner
        self._settlement = settlement
        self._receipts = receipts
        self._topic = topic
        self._interval_seconds = interval_seconds
        self._committed: dict[Partition, _State] = {}
        self._offsets: dict[Partition, CommittedOffset] = {}
        self._generation = 0
        #: How long it took to encode the last commit's maps.
        self._maps_seconds = 0.0
        #: Everything that was settled before this time is committed.
        self._clean_at = time.monotonic()
        self._under_way: asyncio.Task[None] | None = None
        self._finishing = asyncio.Lock()
        self._stopped = asyncio.Event()
        self._frozen = False  # from `finish` or `stop` until the next assignment

    async def run(self) -> None:
        """Commit what has changed, at each interval, or earlier if many records have been settled.

        Returns after `stop` has made the last commit.
        """
        while not self._stopped.is_set():
            pause = self._maps_seconds * _PAUSE_PER_SECOND_OF_MAPS
            await _wait_until_set(self._stopped, min(pause, _LONGEST_PAUSE_SECONDS))
            await _wait_until_set(self._settlement.many_settled, self._interval_seconds)
            self._settlement.begin_commit()
            if not self._frozen and not self._stopped.is_set():
                await self._commit_ours(_RECEIPTS_SECONDS)

    async def finish(self, partitions: Iterable[Partition]) -> None:
        """Cancel the commit under way, and commit these partitions before they are lost."""
        async with self._finishing:
            await self._freeze()
            await self._commit(partitions, _LAST_RECEIPTS_SECONDS)

    async def stop(self, patience: float) -> None:
        """Commit one last time, and end `run`.

        Waits up to `patience` seconds, but at least up to 0.5 s, for queued receipts, because a
        stopped instance cannot publish them. `run` ends only after the commit, because the instance
        leaves the group next.
        """
        async with self._finishing:
            is_changing = self._frozen
            if not is_changing:
                await self._freeze()
        # While the assignment changes, the commit of `finish` is the last one. Another one could
        # cover partitions that are no longer owned.
        if not is_changing:
            await self._commit_ours(max(patience, _LAST_RECEIPTS_SECONDS))
        # A rebalance may have started meanwhile, and may have replaced the commit above with its
        # own. Wait for that commit, because the instance must not leave the group before it ends.
        async with self._finishing:
            self._stopped.set()
            self._settlement.many_settled.set()  # wakes `run` before its interval is over

    @property
    def age_seconds(self) -> float:
        """An upper bound for the time that any settled record has waited for a commit."""
        return time.monotonic() - self._clean_at

    def has_committed(self, partition: Partition) -> bool:
        """Return whether the group's committed offset comes from this partition's tracker."""
        return partition in self._committed

    def committed_of(self, partition: Partition) -> CommittedOffset | None:
        """Return the last commit that moved the offset; None if none was made here."""
        return self._offsets.get(partition)

    def begin(self, generation: int) -> None:
        """Start committing under a new assignment, which has this generation."""
        self._generation = generation
        self._offsets = {p: at for p, at in self._offsets.items() if not p.is_revoked}
        self._committed.clear()  # another member may have committed since
        self._frozen = False

    async def _freeze(self) -> None:
        """Stop `run` from starting commits, and cancel the commit under way."""
        self._frozen = True
        if self._under_way is not None:
            self._under_way.cancel()
            await asyncio.wait((self._under_way,))

    async def _commit_ours(self, patience: float) -> None:
        """Commit the owned partitions, in a task that `_freeze` can cancel."""
        owned = list(self._owner.partitions.values())
        commit = self._under_way = asyncio.create_task(self._commit(owned, patience))
        try:
            await asyncio.wait((commit,))
        finally:
            commit.cancel()
            if self._under_way is commit:
                self._under_way = None
        if not commit.cancelled():
            commit.result()  # raises an unexpected error, which must end the process

    async def _commit(self, partitions: Iterable[Partition], patience: float) -> None:
        started_at, generation = time.monotonic(), self._generation
        states, offsets = await self._changed(partitions)
        # The last commit of an assignment is urgent: the group, or the stop, waits for it.
        if offsets and not await self._receipts.confirmed(patience, urgent=self._frozen):
            _log.warning("commit ahead of receipts")
        # The wait above may have outlasted the assignment. Outside the group, aiokafka commits
        # without a member id. If the group is empty by then, Kafka accepts that commit, and it
        # would rewind what others have committed since.
        generation_now = generation_of(self._consumer)
        if not offsets:
            # Records of the first partitions may have been settled while the others were looked at.
            self._clean_at = started_at
        # `LogWatch` may have begun a partition again meanwhile, in a log that was cut.
        changed = [partition for partition in states if not partition.is_revoked]
        numbers = {partition.number for partition in changed}
        offsets = {tp: offset for tp, offset in offsets.items() if tp.partition in numbers}
        if not offsets or generation_now == NO_GENERATION or generation_now != generation:
            return
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                await self._consumer.commit(offsets)
        except (KafkaError, TimeoutError) as error:
            metrics.COMMITS.labels("failed").inc()
            _log.warning("commit failed", extra={"cause": repr(error)})
            return
        metrics.COMMITS.labels("ok").inc()
        self._clean_at = started_at  # this commit covers nothing that was settled later
        now = time.time()
        for partition in changed:
            self._committed[partition] = states[partition]
            committed, offset = self._offsets.get(partition), states[partition][0]
            if committed is None or committed.offset != offset:
                self._offsets[partition] = CommittedOffset(offset, now)

    async def _changed(
        self, partitions: Iterable[Partition]
    ) -> tuple[dict[Partition, _State], dict[TopicPartition, OffsetAndMetadata]]:
        """Return the states of the partitions that have changed, and what to commit for them."""
        states: dict[Partition, _State] = {}
        offsets: dict[TopicPartition, OffsetAndMetadata] = {}
        slices, maps_seconds = Slices(), 0.0
        for partition in list(partitions):
            # Do not await between these two: the state must be that of the offset and the map.
            if (state := _state(partition)) != self._committed.get(partition):
                encoding_started_at = time.perf_counter()
                states[partition] = state
                offsets[TopicPartition(self._topic, partition.number)] = _offset(partition)
                maps_seconds += time.perf_counter() - encoding_started_at
            await slices.step()
        self._maps_seconds = maps_seconds
        return states, offsets


async def _wait_until_set(event: asyncio.Event, seconds: float) -> None:
    """Wait at most `seconds` until the event is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def _state(partition: Partition) -> _State:
    tracker = partition.tracker
    return tracker.next_to_commit, tracker.next_to_receive, tracker.in_flight


def _offset(partition: Partition) -> OffsetAndMetadata:
    text = settled_map.encode(partition.tracker.settled_beyond())
    metrics.MAP_CHARACTERS.observe(len(text or ""))
    if text is None:
        metrics.MAPS_LEFT_OUT.inc()
    elif len(text) > _SOFT_LIMIT_CHARACTERS:
        metrics.MAPS_NEAR_LIMIT.inc()
    return OffsetAndMetadata(partition.tracker.next_to_commit, text or "")


async def until_settled(push: PushParts, seconds: float) -> None:
    """Wait at most `seconds` until nothing is in flight in the partitions owned now."""
    partitions, changed = list(push.owner.partitions.values()), push.settlement.changed
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while any(partition.tracker.in_flight for partition in partitions):
                # Do not await between the check and `clear`: a change in between would be missed.
                changed.clear()
                await changed.wait()
