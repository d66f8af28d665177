"""Group commit: one task writes and publishes creates, batch after batch."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from pymongo.errors import PyMongoError

from producer_api.contract.ids import IdSource
from producer_api.intake.batch import Batch, seal
from producer_api.intake.keyed_request import RequestKey
from producer_api.intake.outcomes import (
    BusyError,
    Created,
    CreateFailedError,
    CreateOutcome,
    NotStorableError,
    OutcomeUnknownError,
    RepeatedError,
    RequestItem,
)
from producer_api.intake.pending import PendingRequest
from producer_api.intake.request_queue import RequestQueue
from producer_api.intake.transaction import (
    DocumentRefusedError,
    RequestsRepeatedError,
    Transaction,
    WriteResult,
)
from producer_api.metrics import Metrics
from producer_api.mongodb.transactions import CommitUnknownError
from producer_api.outbox.handover import Handover
from producer_api.outbox.intents import Intents
from producer_api.outbox.records import created
from producer_api.settings import Settings

_log = logging.getLogger(__name__)

_QUEUE_PAUSE_SECONDS = 0.25


class Committer:
    """Takes the waiting requests in batches, and writes and publishes each batch as a whole.

    Requests that arrive while a batch is being written form the next batch. A single request does
    not wait for others.

    A batch gets its ids only after the previous batch is finished. So this process writes to the
    log in the order of the ids. A caller gets its answer once its notification is durable, and is
    either on the log or queued for the relay. Later notifications queue behind a queued one.
    """

    def __init__(
        self,
        settings: Settings,
        transaction: Transaction,
        intents: Intents,
        handover: Handover,
        metrics: Metrics,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._settings = settings
        self._transaction = transaction
        self._intents = intents
        self._handover = handover
        self._metrics = metrics
        self._created = metrics.creates.labels("created")
        self._muted = metrics.creates.labels("muted")
        self._ids = IdSource(clock_ns)
        self._waiting = RequestQueue(settings.producer_api_max_pending)
        self._is_running = False

    async def create(
        self,
        items: Sequence[RequestItem],
        *,
        traceparent: str | None,
        key: RequestKey | None = None,
    ) -> list[CreateOutcome]:
        """Create notifications. Return an outcome for each, in order.

        Returns once everything that could be stored is durable. The records carry `traceparent`,
        and the request is stored under `key`. Raises `CreateFailedError` if the whole request
        failed or its outcome is unknown. Raises `RepeatedError` if an earlier request with this
        key was carried out.
        """
        try:
            with self._metrics.create_seconds.time():
                outcomes = await self._create(PendingRequest(items, traceparent, key))
        except CreateFailedError as error:
            self._metrics.creates.labels(type(error).__name__).inc(len(items))
            raise
        failures = [outcome for outcome in outcomes if isinstance(outcome, CreateFailedError)]
        for outcome in failures:
            self._metrics.creates.labels(type(outcome).__name__).inc()
        muted = sum(isinstance(outcome, Created) and outcome.is_muted for outcome in outcomes)
        if muted:
            self._muted.inc(muted)
        self._created.inc(len(outcomes) - len(failures) - muted)
        return outcomes

    async def _create(self, request: PendingRequest) -> list[CreateOutcome]:
        if not self._is_running:
            raise BusyError("the inbox is not ready")
        self._waiting.add(request)
        try:
            return await asyncio.wait_for(
                request.answer, self._settings.producer_api_create_timeout_seconds
            )
        except TimeoutError:
            raise _timeout_error(request) from None

    async def run(self) -> None:
        """Write batches until cancelled. Then fail the waiting requests with `BusyError`."""
        self._is_running = True
        try:
            while True:
                if requests := await self._waiting.next_batch():
                    batch = seal(requests, self._ids)
                    self._metrics.batch_size.observe(len(batch.items))
                    await self._commit(batch)
        finally:
            self._is_running = False
            self._waiting.fail_all(BusyError("the program is stopping"))

    async def _commit(self, batch: Batch) -> None:
        """Write a batch, publish it or queue it, and answer its callers.

        Raises only `CancelledError`, because one failed batch must not end the task.
        """
        try:
            batch, result = await self._write(batch)
            if batch.items and not await self._publish(batch, result):
                await self._queue(batch.intent_id, result.superseded.predecessors)
        except CommitUnknownError as error:
            _log.warning("batch outcome unknown", extra={"cause": str(error)})
            batch.fail(OutcomeUnknownError("MongoDB did not confirm the creation"))
        except PyMongoError as error:
            _log.warning("batch not written", extra={"cause": str(error)})
            batch.fail(BusyError("the inbox cannot be written to now"))
        except Exception:  # noqa: BLE001
            # Something that nobody foresaw, such as damaged data of one user. Ending the process
            # would not help: its callers try again, and the next process would end as well.
            _log.exception("batch failed")
            batch.fail(OutcomeUnknownError("an unexpected error occurred"))
        except asyncio.CancelledError:
            batch.fail(OutcomeUnknownError("the program is stopping"))
            raise
        else:
            batch.succeed()

    async def _write(self, batch: Batch) -> tuple[Batch, WriteResult]:
        """Write the items that can be stored. Return the batch of these items, and the result."""
        while batch.items:
            try:
                result = await self._transaction.write(batch)
                return batch.muting(result.muted), result
            except DocumentRefusedError as error:
                _log.warning("notification refused by MongoDB", extra={"cause": str(error)})
                refused = batch.items[error.position]
                refused.fail(NotStorableError())
                batch = batch.without(refused)
            except RequestsRepeatedError as error:
                for request in error.requests:
                    request.fail(RepeatedError(str(error)))
                batch = batch.without_requests(error.requests)
        return batch, WriteResult()

    async def _publish(self, batch: Batch, result: WriteResult) -> bool:
        """Publish the records of the batch. Return False if the batch must queue for the relay."""
        # Wait for the predecessors even if this batch must queue. As long as the process of a
        # predecessor is alive, only that process may publish or queue the predecessor.
        predecessors = result.superseded.predecessors
        if not await self._handover.wait_for(predecessors) or result.must_queue:
            return False
        notices = result.superseded.notices
        # Use a generator: if Kafka is down, publishing fails before it takes most of the records.
        records = (
            created(document, item.created.public_json, notices.get(document["_id"]))
            for item, document in zip(batch.items, batch.documents, strict=True)
        )
        return await self._handover.publish(batch.intent_id, records, "intake")

    async def _queue(self, intent_id: str, predecessors: Sequence[str]) -> None:
        """Queue the intent behind its predecessors.

        Retries until MongoDB accepts the write. The callers get no answer before that. Otherwise,
        the next create of a caller could reach the log before this intent. Callers that time out
        meanwhile get an unknown outcome.
        """
        while True:
            try:
                if predecessors:
                    await self._intents.take_over_up_to(predecessors)
                await self._intents.queue(intent_id)
            except PyMongoError as error:
                _log.warning("intent not queued yet", extra={"cause": str(error)})
                await asyncio.sleep(_QUEUE_PAUSE_SECONDS)
            else:
                return


def _timeout_error(request: PendingRequest) -> CreateFailedError:
    if request.sealed:
        return OutcomeUnknownError("the notification may have been created")
    return BusyError("the notification could not be created in time")
