"""Group commit: one task writes and publishes creates, batch after batch."""

import asyncio
import logging
from collections.abc import Sequence

from pymongo.errors import PyMongoError

from producer_api.contract.ids import IdSource
from producer_api.intake.batch import Batch, seal
from producer_api.intake.keyed_request import RequestKey
from producer_api.intake.outcomes import (
    BusyError,
    CreateFailedError,
    CreateOutcome,
    NotStorableError,
    OutcomeUnknownError,
    RepeatedError,
    Wanted,
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

    What arrives while one batch is under way becomes the next batch. A single request does not
    wait for others.

    Ids are given when a batch is sealed, and one batch follows the other, so the order of ids is
    the order in which this process writes to the log. A caller gets its answer when its
    notification is durable, and is either on the log or queued for the relay, which makes every
    later one queue behind it.
    """

    def __init__(
        self,
        settings: Settings,
        transaction: Transaction,
        intents: Intents,
        handover: Handover,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._transaction = transaction
        self._intents = intents
        self._handover = handover
        self._metrics = metrics
        self._created = metrics.creates.labels("created")
        self._ids = IdSource()
        self._waiting = RequestQueue(settings.producer_api_max_pending)
        self._open = False

    async def create(
        self, wanted: Sequence[Wanted], *, traceparent: str | None, key: RequestKey | None = None
    ) -> list[CreateOutcome]:
        """Create notifications. Return an outcome for each, in order.

        Returns once everything that could be stored is durable. The records carry `traceparent`,
        and the request is stored under `key`. Raises `CreateFailedError` if nothing of the request
        was done (`RepeatedError`: an earlier request did it), or if that is unknown.
        """
        try:
            with self._metrics.create_seconds.time():
                outcomes = await self._create(PendingRequest(wanted, traceparent, key))
        except CreateFailedError as error:
            self._metrics.creates.labels(type(error).__name__).inc(len(wanted))
            raise
        failed = [outcome for outcome in outcomes if isinstance(outcome, CreateFailedError)]
        for outcome in failed:
            self._metrics.creates.labels(type(outcome).__name__).inc()
        self._created.inc(len(outcomes) - len(failed))
        return outcomes

    async def _create(self, request: PendingRequest) -> list[CreateOutcome]:
        if not self._open:
            raise BusyError("the inbox is not ready")
        self._waiting.add(request)
        try:
            return await asyncio.wait_for(
                request.answer, self._settings.producer_api_create_timeout_seconds
            )
        except TimeoutError:
            raise _too_late(request) from None

    async def run(self) -> None:
        """Write batches until cancelled. Requests that still wait then fail with `BusyError`."""
        self._open = True
        try:
            while True:
                if requests := await self._waiting.next_batch():
                    batch = seal(requests, self._ids)
                    self._metrics.batch_size.observe(len(batch.items))
                    await self._commit(batch)
        finally:
            self._open = False
            self._waiting.fail_all(BusyError("the program is stopping"))

    async def _commit(self, batch: Batch) -> None:
        """Write a batch, publish it or queue it, and answer its callers.

        Raises only cancellation, because one failed batch must not end the task.
        """
        try:
            batch, written = await self._write(batch)
            if batch.items and not await self._published(batch, written):
                await self._queue(batch.intent_id, written.superseded.behind)
        except CommitUnknownError as error:
            _log.warning("batch outcome unknown", extra={"cause": str(error)})
            batch.fail(OutcomeUnknownError("MongoDB did not confirm the creation"))
        except PyMongoError as error:
            _log.warning("batch not written", extra={"cause": str(error)})
            batch.fail(BusyError("the inbox cannot be written to now"))
        except asyncio.CancelledError:
            batch.fail(OutcomeUnknownError("the program is stopping"))
            raise
        else:
            batch.succeed()

    async def _write(self, batch: Batch) -> tuple[Batch, WriteResult]:
        """Write all that can be stored. Return that part of the batch, and its result."""
        while batch.items:
            try:
                return batch, await self._transaction.write(batch)
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

    async def _published(self, batch: Batch, written: WriteResult) -> bool:
        # Wait for the intents `behind`, even if this batch must queue. As long as their processes
        # live, it is for these processes to publish or queue them.
        if not await self._handover.is_free(written.superseded.behind) or written.must_queue:
            return False
        notices = written.superseded.notices
        # A generator, because a batch that Kafka does not take needs few of its records.
        records = (
            created(
                item.created.document, item.created.shown, notices.get(item.created.document["_id"])
            )
            for item in batch.items
        )
        return await self._handover.published(batch.intent_id, records, "intake")

    async def _queue(self, intent_id: str, behind: Sequence[str]) -> None:
        """Queue the intent behind the intents `behind`.

        Tries until MongoDB takes it. A caller that was answered earlier would be overtaken: its
        next create could reach the log before this intent. Callers that cannot wait so long time
        out, and learn that the outcome is unknown.
        """
        while True:
            try:
                if behind:
                    await self._intents.take_over_up_to(behind)
                await self._intents.queue(intent_id)
            except PyMongoError as error:
                _log.warning("intent not queued yet", extra={"cause": str(error)})
                await asyncio.sleep(_QUEUE_PAUSE_SECONDS)
            else:
                return


def _too_late(request: PendingRequest) -> CreateFailedError:
    if request.sealed:
        return OutcomeUnknownError("the notification may have been created")
    return BusyError("the notification could not be created in time")
