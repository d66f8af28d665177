"""The table that maps exceptions to types of problem.

`problem_types.py` has the status of each type. The message of the exception becomes the `detail`.
Answers that need more, such as header fields, have their own function in `handlers.py`.
"""

from producer_api.contract.stored import UnreadableError
from producer_api.contract.token_errors import TokenUndecidedError
from producer_api.idempotency.core.keys import MalformedKeyError
from producer_api.identity.errors import ForbiddenError
from producer_api.inbox.changes.exclusive import InboxBusyError
from producer_api.intake.outcomes import (
    BusyError,
    GoneError,
    InProgressError,
    KeyReusedError,
    NotStorableError,
    NotValidError,
    OutcomeUnknownError,
)
from producer_api.mongodb.transactions import CommitUnknownError

FAILURES: dict[type[Exception], str] = {
    # The caller:
    ForbiddenError: "forbidden",
    TokenUndecidedError: "unavailable",
    MalformedKeyError: "malformed-idempotency-key",
    # A create, alone or in a batch:
    BusyError: "unavailable",
    OutcomeUnknownError: "outcome-unknown",
    InProgressError: "in-progress",
    KeyReusedError: "idempotency-key-reused",
    NotValidError: "invalid",
    GoneError: "gone",
    NotStorableError: "not-storable",
    # A change of an inbox:
    InboxBusyError: "unavailable",
    CommitUnknownError: "outcome-unknown",
    # Any request:
    UnreadableError: "internal",
}


def slug_of(error: Exception) -> str:
    """Return the slug for this error, or for its nearest base class in the table."""
    return next(FAILURES[kind] for kind in type(error).__mro__ if kind in FAILURES)
