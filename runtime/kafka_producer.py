"""Keeps one Kafka producer: starts it on demand, stops it within a bound, starts another later."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from aiokafka.errors import KafkaError

from runtime.kafka_clients import start

_log = logging.getLogger(__name__)

_TURN_SECONDS = 0.05

#: An `AIOKafkaProducer`. aiokafka has no types.
Producer = Any


class ProducerKeeper:
    """Owns the running aiokafka producer, if there is one. Used by one task at a time.

    An idempotent producer does not recover from a fatal error, and after an outage any producer
    may still hold old batches. The caller then calls `stop`, and `started` makes another one.
    """

    def __init__(self, make: Callable[[], Producer], stop_seconds: float) -> None:
        """Remember how to make a producer, and how long stopping it may take."""
        self._make = make
        self._stop_seconds = stop_seconds
        self._producer: Producer | None = None

    @property
    def running(self) -> Producer | None:
        """The producer that has been started, or None."""
        return self._producer

    async def started(self) -> Producer:
        """Return the running producer, and start one first if there is none.

        Raises `KafkaError`. Has no time-out of its own.
        """
        if self._producer is None:
            producer = self._make()
            await start(producer, partial(end, producer, self._stop_seconds))
            self._producer = producer
        return self._producer

    async def stop(self) -> None:
        """Stop the running producer, if any, within the bound; never raises a Kafka error."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await end(producer, self._stop_seconds)


async def end(producer: Producer, seconds: float) -> None:
    """Send what the producer holds, and stop it; after `seconds`, drop what Kafka has not taken.

    The sender task and the connections are gone when this returns, even if it was cancelled. The
    futures of all records are done: those of dropped records fail with `KafkaError`.
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
    # sender running. It has no owner any more, and could still write old records later.
    sending = producer._sender.sender_task  # noqa: SLF001
    while sending is not None and not sending.done():
        # One cancellation ends one of the requests that the sender waits for, then itself.
        sending.cancel()
        await asyncio.wait((sending,), timeout=_TURN_SECONDS)
    # aiokafka fails the records that it holds when the sender dies of an error, but not when the
    # sender is cancelled. A caller that needs to know the outcome would wait for them forever.
    producer._message_accumulator.fail_all(KafkaError("the producer was stopped"))  # noqa: SLF001
    await producer.client.close()
