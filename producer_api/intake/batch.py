"""A sealed batch: what one transaction writes and one flush publishes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from producer_api.contract.ids import IdSource
from producer_api.contract.notification import Document, NewNotification, public_json
from producer_api.intake.outcomes import Created, CreateFailedError, NotValidError
from producer_api.intake.pending import Pending
from producer_api.outbox.intents import Intent

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a request wants at this position of it, and what it becomes."""

    pending: Pending
    position: int
    created: Created

    def fail(self, error: CreateFailedError) -> None:
        """It alone fails of its request."""
        self.pending.outcomes[self.position] = error


@dataclass(frozen=True, slots=True)
class Batch:
    """Whole requests, and entries in the order of their ids, which is the order of the log."""

    intent_id: str
    requests: list[Pending]
    entries: list[Entry]

    @property
    def intent(self) -> Intent:
        """What the outbox holds of it."""
        return Intent(self.intent_id, [document["_id"] for document in self.documents])

    @property
    def documents(self) -> list[Document]:
        """What the inbox holds of it."""
        return [entry.created.document for entry in self.entries]

    def without(self, entry: Entry) -> "Batch":
        """The same batch without this entry; its request stays."""
        rest = [each for each in self.entries if each is not entry]
        return Batch(self.intent_id, self.requests, rest)

    def without_requests(self, requests: Collection[Pending]) -> "Batch":
        """The same batch without these requests and their entries."""
        return Batch(
            self.intent_id,
            [each for each in self.requests if each not in requests],
            [each for each in self.entries if each.pending not in requests],
        )

    def succeed(self) -> None:
        """Answer every request: its entries are durable."""
        for entry in self.entries:
            entry.pending.outcomes[entry.position] = entry.created
        for pending in self.requests:
            pending.succeed()

    def fail(self, error: CreateFailedError) -> None:
        """Tell every request that all of it failed."""
        for pending in self.requests:
            pending.fail(error)


def seal(requests: Sequence[Pending], ids: IdSource) -> Batch:
    """Give each notification its id and its moment; from here on they may be written."""
    batch = Batch(ids.next(), list(requests), [])
    for pending in requests:
        pending.sealed = True
        for position, wanted in enumerate(pending.wanted):
            if isinstance(wanted, NotValidError):
                pending.outcomes[position] = wanted
                continue
            document = _document(wanted, ids.next())
            if pending.traceparent is not None:
                document["traceparent"] = pending.traceparent
            created = Created(document, public_json(document))
            batch.entries.append(Entry(pending, position, created))
    return batch


def _document(wanted: NewNotification, notification_id: str) -> Document:
    return {
        "_id": notification_id,
        "user_id": wanted.user_id,
        "type": wanted.type,
        "title": wanted.title,
        "body": wanted.body,
        "data": orjson.dumps(wanted.data).decode(),
        "action_url": wanted.action_url,
        "created_at": _moment(notification_id),
        "expires_at": wanted.expires_at,
        "collapse_key": wanted.collapse_key,
        "delivered_at": None,
        "seen_at": None,
        "read_at": None,
        "archived_at": None,
        "superseded_by": None,
    }


def _moment(notification_id: str) -> datetime:
    milliseconds = int(notification_id[:8] + notification_id[9:13], 16)
    return _EPOCH + milliseconds * _MILLISECOND
