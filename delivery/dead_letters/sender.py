"""Records that cannot be read go to the dead-letter topic untouched, and are settled then."""

import asyncio
import heapq
import itertools
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import BrokerResponseError, KafkaError
from pymongo.errors import PyMongoError

from delivery import metrics
from delivery.core.receipt import Receipt
from delivery.dead_letters.record import headers_of, notification_of, place_of
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


@dataclass(slots=True, eq=False)
class _DeadLetter:
    record: ConsumerRecord
    reason: str
    is_ours: Callable[[], bool]
    then: Callable[[], None]
    pause: float = _FIRST_PAUSE_SECONDS
    is_sent: bool = False

    @property
    def place(self) -> dict[str, Any]:
        return place_of(self.record)


class DeadLetters:
    """Owns the records that wait for the dead-letter topic; the partitions' windows bound them.

    One that is not taken, because of its size or of an outage, stays unsettled: it is lost in no
    case. It holds up no other: it is tried again after a pause, each time twice as long, and when
    no new one waits. The producer is made for the first, and made anew after an outage.
    """

    def __init__(self, settings: SharedSettings, inbox: Inbox, receipts: Receipts) -> None:
        self._settings = settings
        self._inbox = inbox
        self._receipts = receipts
        self._new: BatchQueue[_DeadLetter] = BatchQueue()
        self._again: list[tuple[float, int, _DeadLetter]] = []  # a heap, by when to try
        self._numbers = itertools.count()  # decides between equal times
        self._producer = ProducerKeeper(self._make_producer, _STOP_SECONDS)

    def add(
        self,
        record: ConsumerRecord,
        reason: str,
        is_ours: Callable[[], bool],
        then: Callable[[], None],
    ) -> None:
        """Send the record there; `then` is called when the brokers have it.

        It is dropped once `is_ours` denies: the partition's next owner reads it, and sends it.
        """
        self._new.add(_DeadLetter(record, reason, is_ours, then))
        metrics.DEAD_LETTERS_WAITING.inc()

    async def run(self) -> None:
        """Send for ever."""
        try:
            while True:
                letter = await self._next()
                if letter.is_ours():
                    await self._try(letter)
                else:
                    metrics.DEAD_LETTERS_WAITING.dec()
        finally:
            await self._producer.stop()

    async def _next(self) -> _DeadLetter:
        now = asyncio.get_running_loop().time
        while not self._new:
            if self._again and self._again[0][0] <= now():
                return heapq.heappop(self._again)[2]
            with suppress(TimeoutError):
                async with asyncio.timeout_at(self._again[0][0] if self._again else None):
                    await self._new.until_filled()
        return self._new.pop()

    async def _try(self, letter: _DeadLetter) -> None:
        try:
            async with asyncio.timeout(_SEND_TIMEOUT_SECONDS):
                if not letter.is_sent:
                    await self._send(letter)
                    letter.is_sent = True
                is_told = await self._is_told(letter)
        except PyMongoError as error:
            self._put_off(letter, repr(error))
            return
        except (KafkaError, TimeoutError) as error:
            self._put_off(letter, repr(error))
            if isinstance(error, BrokerResponseError) and not error.retriable:
                metrics.DEAD_LETTERS_REFUSED.inc()  # for what it is: the next one may pass
            else:
                await self._producer.stop()
                await asyncio.sleep(_OUTAGE_SECONDS)
            return
        if not is_told:
            self._put_off(letter, "no room for its receipt")
            return
        _log.warning("record dead-lettered", extra={"reason": letter.reason, **letter.place})
        metrics.DEAD_LETTERS_WAITING.dec()
        letter.then()

    async def _is_told(self, letter: _DeadLetter) -> bool:
        """Have the inbox and the receipts have it, if its record names a notification; False
        where there is no room for a receipt.
        """
        told = notification_of(letter.record)
        if told is None:
            return True
        if not self._receipts.has_room:
            return False
        now = datetime.now(UTC)
        await self._inbox.mark_dead_lettered(told.id, told.user, now)
        kind = ReceiptType.DEAD_LETTERED
        receipt = Receipt(kind, told.user, (told.id,), now.timestamp(), reason=letter.reason)
        return self._receipts.add([receipt])

    def _put_off(self, letter: _DeadLetter, cause: str) -> None:
        extra = {"cause": cause, "pause_seconds": letter.pause, **letter.place}
        _log.warning("dead letter put off", extra=extra)
        at = asyncio.get_running_loop().time() + letter.pause
        heapq.heappush(self._again, (at, next(self._numbers), letter))
        letter.pause = min(letter.pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _send(self, letter: _DeadLetter) -> None:
        record = letter.record
        headers = headers_of(record, letter.reason)
        producer = await self._producer.started()
        await producer.send_and_wait(
            self._settings.dead_letter_topic, key=record.key, value=record.value, headers=headers
        )

    def _make_producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **self._settings.kafka_client_options(),
            # Not idempotent: a refusal would end such a producer. After an outage a letter may
            # come twice in any case; its headers say what it is.
            acks="all",
            linger_ms=0,
            compression_type="lz4",
            max_request_size=LARGEST_DEAD_LETTER_BYTES,
        )
