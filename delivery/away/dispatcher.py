"""Claims the due entries of one way and endpoint, tells them, and ends them."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.errors import PyMongoError

from delivery.away import metrics
from delivery.away.core.decide_telling import Drop, Dropped, Postpone, Tell, TellingRules, decide
from delivery.away.core.entry import Entry, Way
from delivery.away.core.messages import as_document
from delivery.away.core.retries import Retries
from delivery.away.store.entries import ClaimedEntry, Entries
from delivery.away.store.subjects import Subject, Subjects
from delivery.away.ways.outcome import Busy, Failed, NoRecipient, Outcome, Refused, Told
from producer_api.contract.notification import Document

_log = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0
_BUSY_SECONDS = 2.0

#: Tells the notification in the document. The last argument is the present time.
Teller = Callable[[Entry, Document, datetime], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class DispatchRules:
    """The settings that all dispatchers share."""

    rules: TellingRules
    retries: Retries
    poll_seconds: float


class Dispatcher:
    """Owns the tasks that tell entries, at most `slots` at the same time.

    Each endpoint has its own dispatcher, so one that hangs takes only its own slots.
    """

    def __init__(
        self,
        way: Way,
        categories: Mapping[str, Any],
        slots: int,
        tell: Teller,
        stores: tuple[Entries, Subjects],
        rules: DispatchRules,
    ) -> None:
        """Take the entries of this way whose category matches the MongoDB condition."""
        self._way = way
        self._categories = categories
        self._slots = slots
        self._tell = tell
        self._entries, self._subjects = stores
        self._rules = rules
        self._tasks: set[asyncio.Task[None]] = set()
        self._claiming = asyncio.Lock()
        self._is_closing = False

    async def run(self) -> None:
        """Tell the due entries, until cancelled. Survives an outage of MongoDB."""
        async with asyncio.TaskGroup() as group:
            while True:
                free = self._slots - len(self._tasks)
                if free <= 0 or self._is_closing:
                    await self._until_one_ends()
                    continue
                try:
                    async with self._claiming:
                        count = await self._begin(free, group)
                except PyMongoError as error:
                    _log.warning("due entries not read", extra={"cause": str(error)})
                    await asyncio.sleep(_PAUSE_SECONDS)
                    continue
                if count < free:
                    await asyncio.sleep(self._rules.poll_seconds)

    async def drain(self, seconds: float) -> None:
        """Claim nothing more, and wait until the calls under way have ended.

        A call that has not ended by then is cancelled with `run`. Its entry is told again when its
        lease ends.
        """
        self._is_closing = True
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async with self._claiming:
                    pass  # a claim that was under way is released now
                if self._tasks:
                    await asyncio.wait(self._tasks)

    async def _until_one_ends(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(self._rules.poll_seconds)

    async def _begin(self, count: int, group: asyncio.TaskGroup) -> int:
        """Claim up to `count` entries, and begin to work on them. Return how many."""
        claims = await self._entries.claim(self._way, self._categories, count, _now())
        subjects = await self._subjects.of([claim.entry for claim in claims]) if claims else []
        if self._is_closing:
            await self._entries.release(claims, _now())
            return 0
        for claim, subject in zip(claims, subjects, strict=True):
            task = group.create_task(self._work(claim, subject), name=f"tell {claim.entry.id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(claims)

    async def _work(self, claim: ClaimedEntry, subject: Subject) -> None:
        try:
            await self._decide(claim, subject)
        except PyMongoError as error:
            # The lease ends later, and the entry is told again, with the same id.
            _log.warning("entry not ended", extra={"cause": str(error)})
        except Exception:  # noqa: BLE001 - else one entry would end one process after another
            _log.exception("entry not told", extra={"entry": claim.entry.id})

    async def _decide(self, claim: ClaimedEntry, subject: Subject) -> None:
        match await self._attempt(claim.entry, subject):
            case Drop(reason):
                await self._drop(claim, reason)
            case Postpone(until):
                await self._entries.wait(claim, until)
            case outcome:
                await self._end(claim, outcome)

    async def _attempt(self, entry: Entry, subject: Subject) -> Drop | Postpone | Outcome:
        """Tell the entry, unless it is to be dropped, or to wait."""
        document, preferences = subject
        try:
            decision = decide(entry, document, preferences, _now(), self._rules.rules)
            if not isinstance(decision, Tell):
                return decision
            assert document is not None  # noqa: S101 - for the type checker
            return await self._tell(entry, as_document(document), _now())
        except PyMongoError:
            raise
        except Exception as error:  # noqa: BLE001 - else one entry would end one process after another
            _log.exception("entry not told", extra={"entry": entry.id})
            return Failed(type(error).__name__)

    async def _end(self, claim: ClaimedEntry, outcome: Outcome) -> None:
        now, entry = _now(), claim.entry
        match outcome:
            case Told():
                metrics.TOLD.labels(self._way).inc()
                metrics.TOLD_LATE.observe((now - entry.due_at).total_seconds())
                await self._entries.end_told(claim, now)
            case NoRecipient():
                await self._drop(claim, Dropped.NOWHERE)
            case Busy(told):
                soon = now + timedelta(seconds=_BUSY_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311
                await self._entries.retry(claim, soon, "busy", told, failed=False)
            case Refused(reason):
                await self._give_up(claim, reason)
            case Failed(reason, asked, told):
                metrics.FAILURES.labels(self._way).inc()
                jitter, failures = random.random(), entry.failures + 1  # noqa: S311 - no secret
                again = self._rules.retries.next_at(entry.due_at, now, failures, jitter, asked)
                if again is None:
                    await self._give_up(claim, reason)
                else:
                    await self._entries.retry(claim, again, reason, told)

    async def _give_up(self, claim: ClaimedEntry, reason: str) -> None:
        if self._way is Way.PUSH:
            await self._drop(claim, Dropped.FAILED)
            return
        fields = {"notification": claim.entry.notification, "cause": reason}
        _log.error("webhook dead-lettered", extra=fields)
        await self._entries.end_dead(claim, _now(), reason)
        metrics.DEAD_LETTERED.inc()

    async def _drop(self, claim: ClaimedEntry, reason: Dropped) -> None:
        await self._entries.drop(claim)
        # Count it only now. If the deletion fails, the entry is claimed and dropped again.
        metrics.DROPPED.labels(self._way, reason).inc()


def _now() -> datetime:
    return datetime.now(UTC)
