"""Commits the settled prefix of every owned partition, with the map of what is settled beyond."""

import asyncio
import logging
import time
from collections.abc import Iterable
from contextlib import suppress

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

_log = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 5.0
#: What a commit passes should have its receipts: a record that is not passed comes again, if this
#: instance dies with them. After that, offsets go on without; they are still told.
_RECEIPTS_SECONDS = 10.0
_LAST_RECEIPTS_SECONDS = 0.5
#: Beyond it, whoever is on call may act before maps have to be left out.
_SOFT_LIMIT_CHARACTERS = 3072
#: Behind a record that is held for hours, a map takes a millisecond of the event loop to make, a
#: partition. After that, no commit for so many times as long: under 2 % of the loop's time.
_PAUSE_A_SECOND_OF_MAPS = 50.0
_LONGEST_PAUSE_SECONDS = 2.0


class Commits:
    """Owns what was committed last, a partition, and the one commit that may be under way.

    A failed commit stays pending: the next interval's says the same or more. A commit is never
    under way while the assignment changes: it could be repeated under the next generation, and
    rewind the next owner's.
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
        self._committed: dict[int, tuple[int, int, int]] = {}
        self._generation = 0
        self._maps_seconds = 0.0
        self._clean_at = time.monotonic()
        self._under_way: asyncio.Task[None] | None = None
        self._finishing = asyncio.Lock()
        self._stopped = asyncio.Event()
        self._frozen = False  # from `finish` until the next assignment

    async def run(self) -> None:
        """Commit what has changed, at each interval or after many settlements, until stopped."""
        while not self._stopped.is_set():
            pause = self._maps_seconds * _PAUSE_A_SECOND_OF_MAPS
            await _set_within(self._stopped, min(pause, _LONGEST_PAUSE_SECONDS))
            await _set_within(self._settlement.many_settled, self._interval_seconds)
            self._settlement.begin_commit()
            if not self._frozen and not self._stopped.is_set():
                await self._commit_ours(_RECEIPTS_SECONDS)

    async def finish(self, partitions: Iterable[Partition]) -> None:
        """Cancel what is under way, and commit once more before these partitions are lost."""
        async with self._finishing:
            await self._freeze()
            await self._commit(partitions, _LAST_RECEIPTS_SECONDS)

    async def stop(self, patience: float) -> None:
        """The last commit, for whose receipts it waits so many seconds: who stops tells no more.
        Until it is made `run` goes on, and the group is not left. While the assignment changes,
        that of `finish` is the last.
        """
        async with self._finishing:
            is_changing = self._frozen
            if not is_changing:
                await self._freeze()
        if not is_changing:
            await self._commit_ours(max(patience, _LAST_RECEIPTS_SECONDS))
        async with self._finishing:  # a rebalance may have taken its place
            self._stopped.set()
            self._settlement.many_settled.set()  # `run` does not wait for its interval any more

    @property
    def age_seconds(self) -> float:
        """For how long what was settled has waited for a commit, at most."""
        return time.monotonic() - self._clean_at

    def begin(self, generation: int) -> None:
        """The assignment has changed: what was committed before says nothing now."""
        self._generation = generation
        self._committed.clear()
        self._frozen = False

    async def _freeze(self) -> None:
        self._frozen = True
        if self._under_way is not None:
            self._under_way.cancel()
            await asyncio.wait((self._under_way,))

    async def _commit_ours(self, patience: float) -> None:
        """As the one commit that is under way, which a change of the assignment cancels."""
        ours = list(self._owner.partitions.values())
        commit = self._under_way = asyncio.create_task(self._commit(ours, patience))
        try:
            await asyncio.wait((commit,))
        finally:
            commit.cancel()
            if self._under_way is commit:
                self._under_way = None
        if not commit.cancelled():
            commit.result()  # a fault of ours ends the process, seen

    async def _commit(self, partitions: Iterable[Partition], patience: float) -> None:
        begun_at, begun_in = time.monotonic(), self._generation
        states = {partition.number: _state(partition) for partition in partitions}
        begun = time.perf_counter()
        offsets = {
            TopicPartition(self._topic, partition.number): _offset(partition)
            for partition in partitions
            if self._committed.get(partition.number) != states[partition.number]
        }
        self._maps_seconds = time.perf_counter() - begun
        if offsets and not await self._receipts.confirmed(patience):
            _log.warning("committing ahead of receipts, which Kafka does not take")
        # Out of the group, aiokafka would commit for nobody, which an empty group does not refuse:
        # it would rewind what others have committed since.
        generation = generation_of(self._consumer)
        if not offsets:
            self._clean_at = time.monotonic()
        if not offsets or generation == NO_GENERATION or generation != begun_in:
            return
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                await self._consumer.commit(offsets)
        except (KafkaError, TimeoutError) as error:
            metrics.COMMITS.labels("failed").inc()
            _log.warning("commit failed, stays pending", extra={"cause": repr(error)})
            return
        metrics.COMMITS.labels("ok").inc()
        self._clean_at = begun_at
        for partition in offsets:
            self._committed[partition.partition] = states[partition.partition]


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    """Wait until it is set, or that long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def _state(partition: Partition) -> tuple[int, int, int]:
    """Changes whenever there is something new to commit."""
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
    """Wait until nothing is in flight in the partitions owned now, at most `seconds`."""
    waiting, changed = list(push.owner.partitions.values()), push.settlement.changed
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while any(partition.tracker.in_flight for partition in waiting):
                changed.clear()
                await changed.wait()
