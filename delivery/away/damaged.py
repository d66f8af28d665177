"""Reads around what aiokafka cannot read, so that no record stops the reader."""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from delivery.away import metrics
from delivery.consume.batches_apart import batches_from, runs_in
from delivery.core.batch_records import LostRecords
from delivery.core.record_batch import UnreadableBatchError

_log = logging.getLogger(__name__)

_LOOK_AGAIN_SECONDS = 5.0
_CAUSE_CHARACTERS = 300


class DamagedPartitions:
    """Owns the partitions that aiokafka cannot read further. They are paused in aiokafka meanwhile.

    Their readable records are used as usual, and the others are left out. A batch whose bytes have
    changed since they were written holds its partition back until it is repaired, as in delivery,
    because it may hold notifications.
    """

    def __init__(
        self, consumer: Any, use: Callable[[Sequence[ConsumerRecord]], Awaitable[None]]
    ) -> None:
        """Pass the readable records to `use`, which writes what they say."""
        self._consumer = consumer
        self._use = use
        #: When to look at each of them, on the monotonic clock.
        self._look_at: dict[TopicPartition, float] = {}

    def report(self, place: TopicPartition, error: Exception) -> None:
        """Pause the partition, and read on here. See `guarded_fetch.Report`."""
        self._consumer.pause(place)
        if place not in self._look_at:
            cause = repr(error)[:_CAUSE_CHARACTERS]
            fields = {"topic": place.topic, "partition": place.partition, "cause": cause}
            _log.warning("away batch malformed", extra=fields)
        self._look_at.setdefault(place, 0.0)

    async def read(self) -> None:
        """Read the partitions that are due for a look. aiokafka continues after what was read.

        Raises what `use` raises.
        """
        for place, look_at in list(self._look_at.items()):
            if time.monotonic() < look_at:
                continue
            try:
                end = await self._read(place)
                await self._consumer.commit({place: end})
                self._consumer.seek(place, end)
                self._consumer.resume(place)
            except IllegalStateError:  # it belongs to another process now
                del self._look_at[place]
            except (UnreadableBatchError, KafkaError, TimeoutError) as error:
                self._look_at[place] = time.monotonic() + _LOOK_AGAIN_SECONDS
                fields = {"topic": place.topic, "partition": place.partition, "cause": repr(error)}
                _log.error("away partition stopped", extra=fields)
            else:
                del self._look_at[place]

    async def _read(self, place: TopicPartition) -> int:
        """Use what one fetch holds, and return the offset after it."""
        end = int(await self._consumer.position(place))
        log_end = int((await self._consumer.end_offsets([place]))[place])
        client = self._consumer._client  # noqa: SLF001 - aiokafka has no public way to its client
        async for batch in batches_from(client, place, end, log_end):
            if not batch.header.is_control:
                async for run in runs_in(place, batch):
                    if isinstance(run, LostRecords):
                        metrics.IGNORED.labels("unreadable").inc(run.last_offset - run.offset + 1)
                    else:
                        await self._use(run)
            end = batch.header.end
        return end
