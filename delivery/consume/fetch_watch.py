"""Finds partitions that receive nothing although their logs continue.

If a broker answers with an error, aiokafka only logs it. If the answer is empty, aiokafka takes
this for the log's end. A broker may answer in either way if a byte of a batch's length has changed.
"""

import time
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    BrokerResponseError,
    CorruptRecordException,
    KafkaConnectionError,
    NodeNotReadyError,
    RequestTimedOutError,
    UnknownError,
)

from delivery.consume.guarded_fetch import Report
from delivery.consume.raw_fetch import fetch_raw
from delivery.core.record_batch import UnreadableBatchError

WATCH_SECONDS = 3.0
#: Errors that mean that the broker has not answered, for example because it is suspended.
_SILENCE = (KafkaConnectionError, NodeNotReadyError, RequestTimedOutError, TimeoutError)


class FetchWatch:
    """Owns the positions at the last check. Call `check` every `WATCH_SECONDS`."""

    def __init__(self, consumer: AIOKafkaConsumer, report: Report) -> None:
        """Call `report` for each partition that is found."""
        self._consumer = consumer
        self._report = report
        self._earlier: Mapping[TopicPartition, int] = {}

    async def check(self, positions: Mapping[TopicPartition, int]) -> None:
        """Compare the offset that each partition receives next with its value at the last check.

        `positions` must leave out partitions that are paused, or from which nothing is taken now.
        """
        since = (time.time() - WATCH_SECONDS) * 1000
        earlier, self._earlier = self._earlier, dict(positions)
        silent = []
        # Judge all of them before the first wait: a probe of a suspended broker takes seconds.
        # Meanwhile other partitions may advance, or be lost in a rebalance, and aiokafka raises an
        # error if it is asked about a lost partition.
        for tp, position in positions.items():
            if earlier.get(tp) != position or self._has_fetched(tp):
                continue
            if (self._consumer.last_poll_timestamp(tp) or 0) < since:
                silent.append(tp)  # Kafka may be down.
            elif (self._consumer.highwater(tp) or 0) > position:
                self._report(tp, UnreadableBatchError(f"nothing after offset {position}"))
        client: Any = self._consumer._client  # noqa: SLF001 - see `raw_fetch`
        unanswered = set()
        for tp in silent:
            # If a broker has not answered one probe, do not send it another. While aiokafka
            # connects to a suspended broker, it connects to no other one.
            leader = client.cluster.leader_for_partition(tp)
            if leader not in unanswered and not await self._is_answered(tp, positions[tp]):
                unanswered.add(leader)

    def _has_fetched(self, tp: TopicPartition) -> bool:
        """Return whether fetched records of the partition wait for the next `getmany`."""
        return tp in self._consumer._fetcher._records  # noqa: SLF001 - see `guarded_fetch`

    async def _is_answered(self, tp: TopicPartition, position: int) -> bool:
        """Probe the partition, and return whether its broker answers.

        Reports the partition if the broker answers that it cannot read the log.
        """
        client: Any = self._consumer._client  # noqa: SLF001
        try:
            await fetch_raw(client, tp, position)
        except Exception as error:  # noqa: BLE001 - a failed check must not end the process
            if is_lasting(error) and tp in self._consumer.assignment():
                self._report(tp, error)
            return not isinstance(error, _SILENCE)
        return True


def is_lasting(error: Exception) -> bool:
    """Return whether the error is a broker's answer that it cannot read the log, or refuses to."""
    if isinstance(error, CorruptRecordException | UnknownError):
        return True
    return isinstance(error, BrokerResponseError) and not error.retriable
