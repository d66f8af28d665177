"""Decides how to answer a repeated request, based on what is stored about the first one."""

from collections.abc import Mapping
from enum import Enum, auto

from producer_api.contract.notification import Document
from producer_api.contract.stored import UnreadableError, stored_json
from producer_api.intake.keyed_request import StoredRequest
from producer_api.intake.outcomes import Created, CreateFailedError, CreateOutcome, GoneError


class Verdict(Enum):
    """What to do with a repeated request."""

    REUSED = auto()
    """Refuse it, because the key belongs to another request."""
    IN_PROGRESS = auto()
    """Ask the caller to try again later, because the first request is not published yet."""
    QUEUE_AND_REPLAY = auto()
    """Queue the intent for the relay, because the intent's process is dead. Then answer."""
    REPLAY = auto()
    """Give the answer that the first request got, or would have got."""


def judge(
    stored: StoredRequest, fingerprint: str, open_seconds: float | None, patience_seconds: float
) -> Verdict:
    """Return what to do with a repeat that has this fingerprint.

    `open_seconds` is how long the intent of the first request has been open; None if it is
    no longer open. A repeat is answered only after the intent was published or queued. Otherwise, a
    create that begins after the answer could reach the log before the records of the intent.
    """
    if stored.fingerprint not in {None, fingerprint}:
        return Verdict.REUSED
    if open_seconds is None:
        return Verdict.REPLAY
    is_alive = open_seconds < patience_seconds
    return Verdict.IN_PROGRESS if is_alive else Verdict.QUEUE_AND_REPLAY


def outcome_of(item: str | CreateFailedError, existing: Mapping[str, Document]) -> CreateOutcome:
    """Return the outcome of an item of the first request: `GoneError` if it was erased.

    A notification that was damaged in MongoDB also gets a `GoneError`.
    """
    if isinstance(item, CreateFailedError):
        return item
    document = existing.get(item)
    if document is None:
        return GoneError("the notification that this request created no longer exists")
    unmarked: Document = {
        **document,
        "delivered_at": None,
        "seen_at": None,
        "read_at": None,
        "archived_at": None,
    }
    try:
        return Created(unmarked, stored_json(unmarked))
    except UnreadableError:
        return GoneError("the notification that this request created can no longer be read")
