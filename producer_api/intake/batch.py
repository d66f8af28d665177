"""A sealed batch: what one transaction writes and one flush publishes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from producer_api.contract.ids import IdSource
from producer_api.contract.notification import Document, NewNotification
from producer_api.intake.pending import Pending
from producer_api.outbox.intents import Intent

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """A caller's create, and the document it becomes."""

    pending: Pending
    document: Document


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries in the order of their ids, which is the order of the log."""

    intent_id: str
    entries: list[Entry]

    @property
    def intent(self) -> Intent:
        """What the outbox holds of it."""
        return Intent(self.intent_id, [entry.document["_id"] for entry in self.entries])

    @property
    def documents(self) -> list[Document]:
        """What the inbox holds of it."""
        return [entry.document for entry in self.entries]

    def without(self, position: int) -> "Batch":
        """The same batch without the entry at this position."""
        rest = [entry for number, entry in enumerate(self.entries) if number != position]
        return Batch(self.intent_id, rest)


def seal(pendings: list[Pending], ids: IdSource) -> Batch:
    """Give each its id and its moment; from here on they may be written."""
    batch = Batch(ids.next(), [])
    for pending in pendings:
        pending.sealed = True
        batch.entries.append(Entry(pending, _document(pending.wanted, ids.next())))
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
