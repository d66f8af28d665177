"""What a request wants of intake, what becomes of it, and how it can fail."""

from dataclasses import dataclass
from typing import NamedTuple

from producer_api.contract.notification import Document, NewNotification


class CreateFailedError(Exception):
    """The create was not done; the message says why, in words fit for the caller."""


class BusyError(CreateFailedError):
    """Nothing was written: too much is waiting, or MongoDB is not there. Try again later."""


class OutcomeUnknownError(CreateFailedError):
    """Whether it was written cannot be said now; repeating it may make a second one."""


class NotStorableError(CreateFailedError):
    """MongoDB refuses this very document; repeating it is of no use."""

    def __init__(self) -> None:
        super().__init__("the notification cannot be stored")


class FieldFinding(NamedTuple):
    """What is wrong with one field, named by its dotted path."""

    field: str
    message: str


class NotValidError(CreateFailedError):
    """One of a batch is not what a notification has to be; `findings` lists the fields."""

    def __init__(self, findings: list[FieldFinding]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in findings))
        self.findings = findings


class InProgressError(CreateFailedError):
    """A request with the same idempotency key is under way. Try again soon."""


class KeyReusedError(CreateFailedError):
    """The idempotency key belongs to another request."""


class GoneError(CreateFailedError):
    """It was created by the first request of its key, and has been erased since."""


class RepeatedError(CreateFailedError):
    """The request of this idempotency key was done before; its outcomes are on record."""


@dataclass(frozen=True, slots=True)
class Created:
    """A notification that is durable; `shown` is it as JSON, the same for caller and record."""

    document: Document
    shown: bytes


#: One of a request; what is known not to be valid keeps its place among the others.
Wanted = NewNotification | NotValidError
Outcome = Created | CreateFailedError
