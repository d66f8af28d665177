"""The items of a request, and their outcomes, including the errors.

The names of the errors are label values of the metric `producer_creates_total`.
"""

from dataclasses import dataclass
from typing import NamedTuple

from producer_api.contract.notification import Document, NewNotification


class CreateFailedError(Exception):
    """The notification was not created, or may not have been. The caller sees the message."""


class BusyError(CreateFailedError):
    """Nothing was written, because too many requests wait or MongoDB is down. Try again later."""


class OutcomeUnknownError(CreateFailedError):
    """The notification may have been written. A repeat without a key may create a second one."""


class NotStorableError(CreateFailedError):
    """MongoDB refuses this document. Repeating the request does not help."""

    def __init__(self) -> None:
        super().__init__("the notification cannot be stored")


class FieldFinding(NamedTuple):
    """A problem with one field."""

    field: str
    """The field's dotted path."""
    message: str


class NotValidError(CreateFailedError):
    """One notification of a batch is not valid. `findings` has the problems by field."""

    def __init__(self, findings: list[FieldFinding]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in findings))
        self.findings = findings


class InProgressError(CreateFailedError):
    """A request with the same idempotency key is in progress. Try again soon."""


class KeyReusedError(CreateFailedError):
    """The idempotency key belongs to another request."""


class GoneError(CreateFailedError):
    """The notification that the first request created no longer exists, or cannot be read."""


class RepeatedError(CreateFailedError):
    """An earlier request with this idempotency key was carried out, and its outcome is stored."""


@dataclass(frozen=True, slots=True)
class Created:
    """A durable notification."""

    document: Document
    public_json: bytes
    """The notification as users see it, and as the topic has it."""

    @property
    def is_muted(self) -> bool:
        """Whether its user had muted its category."""
        return self.document.get("removed") == "muted"

    @property
    def answer(self) -> bytes:
        """The notification as its caller sees it. A muted one also has its status."""
        return self.public_json[:-1] + b',"status":"muted"}' if self.is_muted else self.public_json

    def muted(self) -> "Created":
        """Return this notification as a muted one."""
        return Created({**self.document, "removed": "muted"}, self.public_json)


#: One item of a request. An invalid notification keeps its position among the others.
RequestItem = NewNotification | NotValidError
CreateOutcome = Created | CreateFailedError
