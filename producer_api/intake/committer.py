"""Group commit: creates are written and published in batches. Full batches overlap."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from producer_api.contract.ids import IdSource
from producer_api.intake.batch import Batch, seal
from producer_api.intake.failing import failing
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
from producer_api.intake.publication import Publication
from producer_api.intake.request_queue import RequestQueue
from producer_api.intake.transaction import (
    DocumentRefusedError,
    RequestsRepeatedError,
    Transaction,
    WriteResult,
)
from producer_api.metrics import Metrics
from producer_api.settings import Settings

_log = logging.getLogger(__name__)


class Committer:
    """Takes the waiting requests in batches, and writes and publishes each batch as a whole.

    Requests that arrive while a batch is under way form the next batch. A single request does not
    wait for others.

    In each of three steps, batches follow one another in the same order: they get their ids, they
    are written, and they are published or queued. But a full batch may be written while the one
    before it is published. So this process writes to the log in the order of the ids. A caller gets
    its answer once its notification is durable, and is either on the log or queued for the relay.
    Later notifications queue behind a queued one.
    """

    def __init__(
        self,
        settings: Settings,
        transaction: Transaction,
        publication: Publication,
        metrics: Metrics,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._settings = settings
        self._transaction = transaction
        self._publication = publication
        self._metrics = metrics
        self._created = metrics.creates.labels("created")
        self._muted = metrics.creates.labels("muted")
        self._ids = IdSource(clock_ns)
        self._waiting = RequestQueue(settings.producer_api_max_pending)
        self._is_running = False
        self._write_turn = asyncio.Lock()

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
        """Write batches until cancelled. Then answer all callers.

        Callers whose requests were not written get a `BusyError`.
        """
        self._is_running = True
        try:
            async with asyncio.TaskGroup() as commits:
                while True:
                    requests = await self._waiting.next_batch()
                    commits.create_task(self._commit(seal(requests, self._ids)))
        finally:
            self._is_running = False
            self._waiting.fail_all(BusyError("the program is stopping"))

    async def _commit(self, batch: Batch) -> None:
        """Write a batch, publish or queue it, and answer its callers. Raises only `CancelledError`.

        Batches are written and published in the order in which they were sealed. asyncio gives a
        lock to the task that has waited longest, and the tasks begin in this order.
        """
        is_published = False
        try:
            with failing(batch):
                async with self._write_turn:
                    batch = batch.begin()
                    self._metrics.batch_size.observe(len(batch.items))
                    queued_before = self._publication.queued
                    batch, result = await self._write(batch)
                # Await nothing between these two steps: the next batch could then be published
                # before this one.
                is_published = await self._publication.complete(batch, result, queued_before)
        finally:
            self._waiting.end_batch(may_overlap=is_published)

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


def _timeout_error(request: PendingRequest) -> CreateFailedError:
    if request.may_be_written:
        return OutcomeUnknownError("the notification may have been created")
    return BusyError("the notification could not be created in time")
