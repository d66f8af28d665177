"""Group commit: the one task that writes and publishes creates, batch after batch."""

import asyncio
import logging
import time
from collections.abc import Sequence

from pymongo.errors import PyMongoError

from producer_api.contract.ids import IdSource
from producer_api.idempotency.core.keys import Key
from producer_api.intake.batch import Batch, seal
from producer_api.intake.outcomes import (
    BusyError,
    CreateFailedError,
    NotStorableError,
    Outcome,
    OutcomeUnknownError,
    RepeatedError,
    Wanted,
)
from producer_api.intake.pending import Pending
from producer_api.intake.transaction import (
    DocumentRefusedError,
    RequestsRepeatedError,
    Transaction,
    Written,
)
from producer_api.metrics import Metrics
from producer_api.mongodb.transactions import CommitUnknownError
from producer_api.outbox.handover import Handover
from producer_api.outbox.intents import Intents
from producer_api.outbox.records import created
from producer_api.settings import Settings
from runtime.batch_queue import BatchQueue

_log = logging.getLogger(__name__)

_FULL_BATCH = 500
_QUEUE_PAUSE_SECONDS = 0.25
_GATHER_SECONDS = 0.004


class Committer:
    """Owns the queue of waiting requests (bounded), and takes it batch by batch: whatever gathers
    while one batch is under way is the next. One alone does not wait. A request is never split.

    Ids are given when a batch is sealed and batches follow each other, so the order of ids is this
    process's order on the log. A caller is answered when its notification is durable, and is on
    the log or waits for the relay in a state that makes all later ones wait behind it.
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
        self._waiting: BatchQueue[Pending] = BatchQueue()
        self._waiting_count = 0
        """Notifications, not requests."""
        self._open = False

    async def create(
        self, wanted: Sequence[Wanted], *, traceparent: str | None, key: Key | None = None
    ) -> list[Outcome]:
        """What became of each, in order, once all that could be stored is durable.

        `traceparent` is the request's, as it goes into the records; what is created is on record
        under the `key`. Raises `CreateFailedError` where nothing of the request was done
        (`RepeatedError`: not by this one), or that cannot be said.
        """
        try:
            with self._metrics.create_seconds.time():
                outcomes = await self._create(Pending(wanted, traceparent, key))
        except CreateFailedError as error:
            self._metrics.creates.labels(type(error).__name__).inc(len(wanted))
            raise
        failed = [outcome for outcome in outcomes if isinstance(outcome, CreateFailedError)]
        for each in failed:
            self._metrics.creates.labels(type(each).__name__).inc()
        self._created.inc(len(outcomes) - len(failed))
        return outcomes

    async def _create(self, pending: Pending) -> list[Outcome]:
        if not self._open:
            raise BusyError("the inbox is not ready")
        if self._waiting_count >= self._settings.producer_api_max_pending:
            raise BusyError("too many notifications are waiting to be taken in")
        self._waiting.add(pending)
        self._waiting_count += len(pending.wanted)
        try:
            return await asyncio.wait_for(
                pending.answer, self._settings.producer_api_create_timeout_seconds
            )
        except TimeoutError:
            raise _too_late(pending) from None

    async def run(self) -> None:
        """Take creates in until cancelled; what waits then is told that nothing was written."""
        self._open = True
        try:
            while True:
                await self._waiting.until_filled()
                await self._gather()
                requests = self._next()
                if requests:
                    batch = seal(requests, self._ids)
                    self._metrics.batch_size.observe(len(batch.entries))
                    await self._commit(batch)
        finally:
            self._open = False
            while self._waiting:
                self._pop().fail(BusyError("the program is stopping"))

    async def _gather(self) -> None:
        """Let those in that come just now: turns of the loop, a few milliseconds of them, as long
        as each brings somebody. One alone waits for one turn.
        """
        deadline = time.monotonic() + _GATHER_SECONDS
        count = 0
        while count < self._waiting_count < _FULL_BATCH and time.monotonic() < deadline:
            count = self._waiting_count
            await asyncio.sleep(0)

    def _next(self) -> list[Pending]:
        """The oldest requests whose callers still wait, until these make a batch."""
        requests: list[Pending] = []
        count = 0
        while self._waiting and count < _FULL_BATCH:
            pending = self._pop()
            if not pending.answer.done():
                requests.append(pending)
                count += len(pending.wanted)
        return requests

    def _pop(self) -> Pending:
        pending = self._waiting.pop()
        self._waiting_count -= len(pending.wanted)
        return pending

    async def _commit(self, batch: Batch) -> None:
        """DESIGN §4 for one batch. Nothing escapes but bugs and the task's own cancellation."""
        try:
            batch, written = await self._write(batch)
            if batch.entries and not await self._published(batch, written):
                await self._queue(batch.intent_id, written.superseded.behind)
        except CommitUnknownError as error:
            _log.warning("a batch's outcome is unknown", extra={"cause": str(error)})
            batch.fail(OutcomeUnknownError("the inbox did not say what became of it"))
        except PyMongoError as error:
            _log.warning("MongoDB took nothing", extra={"cause": str(error)})
            batch.fail(BusyError("the inbox cannot be written to now"))
        except asyncio.CancelledError:
            batch.fail(OutcomeUnknownError("the program is stopping"))
            raise
        else:
            batch.succeed()

    async def _write(self, batch: Batch) -> tuple[Batch, Written]:
        """Write all that can be stored; answers these, and what their publishing has to heed."""
        while batch.entries:
            try:
                return batch, await self._transaction.write(batch)
            except DocumentRefusedError as error:
                _log.warning("a notification fails alone", extra={"cause": str(error)})
                refused = batch.entries[error.position]
                refused.fail(NotStorableError())
                batch = batch.without(refused)
            except RequestsRepeatedError as error:
                for pending in error.requests:
                    pending.fail(RepeatedError(str(error)))
                batch = batch.without_requests(error.requests)
        return batch, Written()

    async def _published(self, batch: Batch, written: Written) -> bool:
        # Waited for in any case: to queue these is for their own processes, while these live.
        if not await self._handover.is_free(written.superseded.behind) or written.must_queue:
            return False
        notices = written.superseded.notices
        # Made as they are sent: a batch that must queue needs none.
        records = (
            created(
                each.created.document, each.created.shown, notices.get(each.created.document["_id"])
            )
            for each in batch.entries
        )
        return await self._handover.published(batch.intent_id, records, "intake")

    async def _queue(self, intent_id: str, behind: Sequence[str]) -> None:
        """Queue it behind these, however long MongoDB takes: a caller answered before that could be
        overtaken. Callers that cannot wait are told that the outcome is unknown.
        """
        while True:
            try:
                if behind:
                    await self._intents.take_over_up_to(behind)
                await self._intents.queue(intent_id)
            except PyMongoError as error:
                _log.warning("an intent cannot be queued yet", extra={"cause": str(error)})
                await asyncio.sleep(_QUEUE_PAUSE_SECONDS)
            else:
                return


def _too_late(pending: Pending) -> CreateFailedError:
    if pending.sealed:
        return OutcomeUnknownError("the notification may have been created")
    return BusyError("the notification could not be taken in in time")
