"""Keeps a Kafka producer: starts it on demand, stops it in bounded time, and replaces it."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from aiokafka.errors import KafkaError

from runtime.kafka_clients import start

_log = logging.getLogger(__name__)

#: How long to wait for the end of a sender task after each cancellation.
_TURN_SECONDS = 0.05

#: An `AIOKafkaProducer`. aiokafka has no types.
Producer = Any


class ProducerKeeper:
    """Owns the running aiokafka producer, if there is one. Only one task at a time may use it.

    An idempotent producer does not recover from a fatal error. And after an outage, any producer
    may still hold old batches. In both cases, the caller calls `stop`, and the next call of
    `started` makes a new producer.
    """

    def __init__(self, make: Callable[[], Producer], stop_seconds: float) -> None:
        """Keep the producers that `make` returns, and stop each within `stop_seconds`."""
        self._make = make
        self._stop_seconds = stop_seconds
        self._producer: Producer | None = None

    @property
    def running(self) -> Producer | None:
        """The producer that has been started, or None."""
        return self._producer

    async def started(self) -> Producer:
        """Return the running producer, or start one if there is none.

        Raises `KafkaError`. The caller sets a time-out.
        """
        if self._producer is None:
            producer = self._make()
            await start(producer, partial(end, producer, self._stop_seconds))
            self._producer = producer
        return self._producer

    async def stop(self) -> None:
        """Stop the running producer, if any, in bounded time. Never raises a Kafka error."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await end(producer, self._stop_seconds)


async def end(producer: Producer, seconds: float) -> None:
    """Send the waiting records, and stop the producer. Drop the records left after `seconds`.

    When this returns or is cancelled, the sender task and the connections are gone, and the futures
    of all records are done. Those of dropped records fail with `KafkaError`.
    """
    try:
        async with asyncio.timeout(seconds):
            await producer.stop()
    except BaseException as error:
        await _end_sender(producer)
        if not isinstance(error, KafkaError | OSError | TimeoutError):
            raise
        _log.warning("kafka producer abandoned", extra={"cause": repr(error)})


async def _end_sender(producer: Producer) -> None:
    # `stop` waits for the last batch before it ends the sender. An interrupted `stop` leaves the
    # sender running, and the sender could write old records later.
    sender = producer._sender.sender_task  # noqa: SLF001
    while sender is not None and not sender.done():
        # The sender may be waiting for several requests. Each cancellation ends one of them, and
        # the last one ends the sender.
        sender.cancel()
        await asyncio.wait((sender,), timeout=_TURN_SECONDS)
    # aiokafka fails the waiting records if the sender dies of an error, but not if the sender is
    # cancelled. A caller that awaits such a record would wait forever.
    producer._message_accumulator.fail_all(KafkaError("the producer was stopped"))  # noqa: SLF001
    await producer.client.close()
