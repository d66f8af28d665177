"""Records that cannot be read go to the dead-letter topic untouched, and are settled then."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import KafkaError

from producer_api.contract.settings import SharedSettings

_log = logging.getLogger(__name__)

_SEND_TIMEOUT_SECONDS = 30.0
_RETRY_SECONDS = 1.0
#: Before compression: a record may have come to us in a compressed batch.
_LARGEST_BYTES = 64 * 1024 * 1024


class _DeadLetter(NamedTuple):
    record: ConsumerRecord
    reason: str
    then: Callable[[], None]


class DeadLetters:
    """Owns the records that wait for the dead-letter topic; the partitions' windows bound them.

    While the topic does not take one, its record stays unsettled: it is lost in no case. The
    producer is made for the first, and made anew after each failure.
    """

    def __init__(self, settings: SharedSettings) -> None:
        self._settings = settings
        self._waiting: deque[_DeadLetter] = deque()
        self._arrived = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None

    def add(self, record: ConsumerRecord, reason: str, then: Callable[[], None]) -> None:
        """Send the record there; `then` is called when the brokers have it."""
        self._waiting.append(_DeadLetter(record, reason, then))
        self._arrived.set()

    async def run(self) -> None:
        """Send for ever."""
        try:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                while self._waiting:
                    await self._send(self._waiting[0])
        finally:
            await self._stop()

    async def _send(self, letter: _DeadLetter) -> None:
        record = letter.record
        place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        headers = [
            *record.headers,
            ("dlq_reason", letter.reason.encode()),
            *((f"dlq_{name}", str(value).encode()) for name, value in place.items()),
        ]
        try:
            async with asyncio.timeout(_SEND_TIMEOUT_SECONDS):
                producer = await self._started()
                await producer.send_and_wait(
                    self._settings.dead_letter_topic,
                    key=record.key,
                    value=record.value,
                    headers=headers,
                )
        except (KafkaError, TimeoutError) as error:
            _log.warning("dead letter not sent, trying again", extra={"cause": str(error), **place})
            await self._stop()
            await asyncio.sleep(_RETRY_SECONDS)
            return
        _log.warning("record dead-lettered", extra={"reason": letter.reason, **place})
        self._waiting.popleft()
        letter.then()

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                **self._settings.kafka_client_options(),
                enable_idempotence=True,
                linger_ms=0,
                compression_type="lz4",
                max_request_size=_LARGEST_BYTES,
            )
            try:
                await producer.start()
            except BaseException:  # cancelled, too: the half-started client holds connections
                await producer.stop()
                raise
            self._producer = producer
        return self._producer

    async def _stop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError, TimeoutError):
                async with asyncio.timeout(_RETRY_SECONDS):
                    await producer.stop()
