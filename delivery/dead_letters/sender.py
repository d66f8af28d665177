"""Sends unreadable records to the dead-letter topic, and tries again until Kafka takes them.

Also marks their notifications in the inbox.
"""

import asyncio
import heapq
import itertools
import logging
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import BrokerResponseError, KafkaError, MessageSizeTooLargeError
from aiokafka.partitioner import DefaultPartitioner
from pymongo.errors import PyMongoError

from delivery import metrics
from delivery.core.batch_records import LARGEST_CONTENT_BYTES
from delivery.core.receipt import Receipt
from delivery.dead_letters.record import (
    MOST_KEY_BYTES,
    LeftOut,
    headers_of,
    notification_of,
    place_of,
    size_of,
    stub_of,
)
from delivery.inbox import Inbox
from delivery.receipts.queue import Receipts
from producer_api.contract.events import ReceiptType
from producer_api.contract.settings import SharedSettings
from producer_api.contract.topics import LARGEST_DEAD_LETTER_BYTES
from runtime.batch_queue import BatchQueue
from runtime.kafka_producer import ProducerKeeper

_log = logging.getLogger(__name__)

_SEND_TIMEOUT_SECONDS = 30.0
_STOP_SECONDS = 1.0
_OUTAGE_SECONDS = 1.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 60.0
#: The waiting records keep at most this many bytes in memory. While the dead-letter topic accepts
#: nothing, further records are kept without their values.
_WAITING_BYTES = 64 * 1024 * 1024
#: A record that the topic has refused this many times because of its size becomes a stub. With the
#: pauses above, this takes half a minute.
_SIZE_REFUSALS = 6

_usual_partition = DefaultPartitioner()


@dataclass(slots=True, eq=False)
class _DeadLetter:
    record: ConsumerRecord
    reason: str
    is_ours: Callable[[], bool]
    then: Callable[[], None]
    left_out: LeftOut | None
    size: int
    pause: float = _FIRST_PAUSE_SECONDS
    size_refusals: int = 0
    is_sent: bool = False

    @property
    def place(self) -> dict[str, Any]:
        return place_of(self.record)


class DeadLetters:
    """Owns the records that wait for the dead-letter topic. The windows bound their number.

    A record that Kafka does not take, because of its size or an outage, stays unsettled, so it is
    never lost. It does not delay other records: `run` tries it again after a pause, and only when
    no new record waits. The pause doubles each time. The producer is started for the first record,
    and replaced after an outage.

    A record that is too large for the topic or for this process becomes a stub: a dead letter
    without a value, which names its place and size. Its contents stay on the main topic.
    """

    def __init__(self, settings: SharedSettings, inbox: Inbox, receipts: Receipts) -> None:
        self._settings = settings
        self._inbox = inbox
        self._receipts = receipts
        self._new: BatchQueue[_DeadLetter] = BatchQueue()
        #: A heap, ordered by the time of the next try. The number breaks ties.
        self._put_off: list[tuple[float, int, _DeadLetter]] = []
        self._numbers = itertools.count()
        self._waiting_bytes = 0
        self._producer = ProducerKeeper(self._make_producer, _STOP_SECONDS)

    def add(
        self,
        record: ConsumerRecord,
        reason: str,
        is_ours: Callable[[], bool],
        then: Callable[[], None],
        left_out: LeftOut | None = None,
    ) -> None:
        """Send the record to the dead-letter topic; call `then` when it is sent and reported.

        Drops the record if `is_ours` returns False when its turn comes, because the next owner of
        the partition reads and sends it. With `left_out`, the record is a stub already.
        """
        size = size_of(record)
        if left_out is None and (
            size > LARGEST_CONTENT_BYTES or size + self._waiting_bytes > _WAITING_BYTES
        ):
            record, left_out = stub_of(record)
            size = size_of(record)
        self._waiting_bytes += size
        self._new.add(_DeadLetter(record, reason, is_ours, then, left_out, size))
        metrics.DEAD_LETTERS_WAITING.inc()

    async def run(self) -> None:
        """Send records until cancelled; then stop the producer, within a second."""
        try:
            while True:
                letter = await self._next()
                if letter.is_ours():
                    await self._try(letter)
                else:
                    self._forget(letter)
        finally:
            await self._producer.stop()

    async def _next(self) -> _DeadLetter:
        now = asyncio.get_running_loop().time
        while not self._new:
            if self._put_off and self._put_off[0][0] <= now():
                return heapq.heappop(self._put_off)[2]
            with suppress(TimeoutError):
                async with asyncio.timeout_at(self._put_off[0][0] if self._put_off else None):
                    await self._new.until_filled()
        return self._new.pop()

    async def _try(self, letter: _DeadLetter) -> None:
        try:
            async with asyncio.timeout(_SEND_TIMEOUT_SECONDS):
                # Send the record only once. If the inbox or the receipts fail afterwards, the
                # next try must not send it again.
                if not letter.is_sent:
                    await self._send(letter)
                    letter.is_sent = True
                is_reported = await self._report(letter)
        except PyMongoError as error:
            self._try_later(letter, repr(error))
            return
        except (KafkaError, TimeoutError) as error:
            await self._refused(letter, error)
            return
        except Exception as error:  # noqa: BLE001 - no record may end the process
            self._make_stub(letter)
            self._try_later(letter, repr(error))
            return
        if not is_reported:
            self._try_later(letter, "no room for its receipt")
            return
        _log.warning("record dead-lettered", extra={"reason": letter.reason, **letter.place})
        self._forget(letter)
        letter.then()

    async def _refused(self, letter: _DeadLetter, error: Exception) -> None:
        if isinstance(error, MessageSizeTooLargeError):
            letter.size_refusals += 1
            if letter.size_refusals >= _SIZE_REFUSALS:
                self._make_stub(letter)
        self._try_later(letter, repr(error))
        if isinstance(error, BrokerResponseError) and not error.retriable:
            # The brokers refuse this one record, for example because of its size. They may
            # take other records, so keep the producer.
            metrics.DEAD_LETTERS_REFUSED.inc()
        else:
            await self._producer.stop()
            await asyncio.sleep(_OUTAGE_SECONDS)

    def _forget(self, letter: _DeadLetter) -> None:
        self._waiting_bytes -= letter.size
        metrics.DEAD_LETTERS_WAITING.dec()

    def _make_stub(self, letter: _DeadLetter) -> None:
        """Leave out the value; leave out key and headers, too, if the record is a stub already."""
        if letter.left_out is None:
            letter.record, letter.left_out = stub_of(letter.record)
        else:
            letter.record = replace(letter.record, key=None, headers=())
        self._waiting_bytes -= letter.size
        letter.size = size_of(letter.record)
        self._waiting_bytes += letter.size

    async def _report(self, letter: _DeadLetter) -> bool:
        """If the record names a notification, mark it in the inbox and add its receipt.

        Returns False, and does nothing, if there is no room for the receipt.
        """
        notification = notification_of(letter.record)
        if notification is None:
            return True
        # Check this before writing to the inbox. Otherwise, the next try would mark the
        # notification again, with a different time.
        if not self._receipts.has_room:
            return False
        now = datetime.now(UTC)
        await self._inbox.mark_dead_lettered(notification.id, notification.user, now)
        kind = ReceiptType.DEAD_LETTERED
        receipt = Receipt(
            kind,
            notification.user,
            (notification.id,),
            now.timestamp(),
            reason=letter.reason,
        )
        return self._receipts.add([receipt])

    def _try_later(self, letter: _DeadLetter, cause: str) -> None:
        extra = {"cause": cause, "pause_seconds": letter.pause, **letter.place}
        _log.warning("dead letter put off", extra=extra)
        at = asyncio.get_running_loop().time() + letter.pause
        heapq.heappush(self._put_off, (at, next(self._numbers), letter))
        letter.pause = min(letter.pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _send(self, letter: _DeadLetter) -> None:
        record = letter.record
        headers = headers_of(record, letter.reason, letter.left_out)
        # aiokafka refuses a record that has neither a key nor a value.
        value = b"" if record.key is None and record.value is None else record.value
        producer = await self._producer.started()
        await producer.send_and_wait(
            self._settings.dead_letter_topic, key=record.key, value=value, headers=headers
        )

    def _make_producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **self._settings.kafka_client_options(),
            # A refused record would make an idempotent producer unusable, so this one is not
            # idempotent. After an outage, a dead letter may therefore be on the topic twice. Its
            # headers name the original record.
            acks="all",
            linger_ms=0,
            compression_type="lz4",
            max_request_size=LARGEST_DEAD_LETTER_BYTES,
            partitioner=_partition_of,
        )


def _partition_of(key: bytes | None, partitions: list[int], available: list[int]) -> int:
    """Return the partition for a key: Kafka's usual one, unless the key is too large for a user id.

    Kafka's hash is written in Python here, and takes half a second for 4 MiB.
    """
    if key is not None and len(key) > MOST_KEY_BYTES:
        key = zlib.crc32(key).to_bytes(4)
    return int(_usual_partition(key, partitions, available))
