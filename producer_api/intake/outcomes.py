"""What a request wants created, what becomes of it, and how it can fail.

The names of the errors are label values of the metric `producer_creates_total`.
"""

from dataclasses import dataclass
from typing import NamedTuple

from producer_api.contract.notification import Document, NewNotification


class CreateFailedError(Exception):
    """The notification was not created. The message says why, in words fit for the caller."""


class BusyError(CreateFailedError):
    """Nothing was written: too much is waiting, or MongoDB is away. Try again later."""


class OutcomeUnknownError(CreateFailedError):
    """It is not known whether it was written. Repeating it without a key may create a second."""


class NotStorableError(CreateFailedError):
    """MongoDB refuses this document. Repeating the request does not help."""

    def __init__(self) -> None:
        super().__init__("the notification cannot be stored")


class FieldFinding(NamedTuple):
    """What is wrong with one field."""

    field: str
    """The field's dotted path."""
    message: str


class NotValidError(CreateFailedError):
    """One notification of a batch is not valid. `findings` has what is wrong, by field."""

    def __init__(self, findings: list[FieldFinding]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in findings))
        self.findings = findings


class InProgressError(CreateFailedError):
    """A request with the same idempotency key is under way. Try again soon."""


class KeyReusedError(CreateFailedError):
    """The idempotency key belongs to another request."""


class GoneError(CreateFailedError):
    """The first request of this key created the notification, which was erased since."""


class RepeatedError(CreateFailedError):
    """A request with this idempotency key was done before, and what became of it is stored."""


@dataclass(frozen=True, slots=True)
class Created:
    """A durable notification."""

    document: Document
    shown: bytes
    """Its public JSON, the same bytes for the caller and for the record."""


#: One position of a request. A notification that is not valid keeps its place among the others.
Wanted = NewNotification | NotValidError
CreateOutcome = Created | CreateFailedError
