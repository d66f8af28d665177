"""One create on its way, and how it can fail."""

import asyncio
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


@dataclass(slots=True)
class Pending:
    """One caller's create. `answer` is cancelled by a caller that waits no more."""

    wanted: NewNotification
    answer: asyncio.Future[Document] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    sealed: bool = False
    """Whether it belongs to a batch, and so may be written whatever its caller does."""

    def succeed(self, document: Document) -> None:
        """Give the caller the notification; nobody need be waiting any more."""
        if not self.answer.done():
            self.answer.set_result(document)

    def fail(self, error: CreateFailedError) -> None:
        """Tell the caller; nobody need be waiting any more."""
        if not self.answer.done():
            self.answer.set_exception(error)
