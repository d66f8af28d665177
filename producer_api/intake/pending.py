"""One request on its way: what it wants created, what becomes of each, and how it can fail."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from producer_api.contract.notification import Document, NewNotification


class CreateFailedError(Exception):
    """The create was not done; the message says why, in words fit for the caller."""


class BusyError(CreateFailedError):
    """Nothing was written: too much is waiting, or MongoDB is not there. Try again later."""


class OutcomeUnknownError(CreateFailedError):
    """Whether it was written cannot be said now; repeating it may make a second one."""


class NotStorableError(CreateFailedError):
    """MongoDB refuses this very document; repeating it is of no use."""


@dataclass(frozen=True, slots=True)
class Created:
    """A notification that is durable; `shown` is it as JSON, the same for caller and record."""

    document: Document
    shown: bytes


Outcome = Created | CreateFailedError


@dataclass(slots=True, eq=False)
class Pending:
    """One caller's request: it is written as a whole, though what MongoDB refuses of it fails
    alone. `answer` has an outcome for each wanted notification, in order, or fails for all of
    them; a caller that waits no more cancels it.
    """

    wanted: Sequence[NewNotification]
    traceparent: str | None = None
    answer: asyncio.Future[list[Outcome]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    sealed: bool = False
    """Whether it belongs to a batch, and so may be written whatever its caller does."""
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    """What became of those, by position, of which it is known already."""

    def succeed(self) -> None:
        """Give the caller the outcomes, which are all known; nobody need be waiting any more."""
        if not self.answer.done():
            self.answer.set_result([self.outcomes[index] for index in range(len(self.wanted))])

    def fail(self, error: CreateFailedError) -> None:
        """Tell the caller that all of it failed; nobody need be waiting any more."""
        if not self.answer.done():
            self.answer.set_exception(error)
