"""A sealed batch: the notifications that are written in one transaction and published together."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import orjson

from producer_api.contract.category import category_of
from producer_api.contract.ids import IdSource
from producer_api.contract.notification import Document, NewNotification, public_json
from producer_api.intake.outcomes import Created, CreateFailedError, NotValidError
from producer_api.intake.pending import PendingRequest
from producer_api.outbox.intent import Intent

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One notification of a batch, and its position in the request that wants it."""

    request: PendingRequest
    position: int
    created: Created

    def fail(self, error: CreateFailedError) -> None:
        """Fail only this notification. The others of its request are not affected."""
        self.request.outcomes[self.position] = error


@dataclass(frozen=True, slots=True)
class Batch:
    """Whole requests, and their items in the order of the ids. The log has the same order."""

    intent_id: str
    requests: list[PendingRequest]
    items: list[BatchItem]

    @property
    def intent(self) -> Intent:
        """The intent of the batch, for the outbox."""
        return Intent(self.intent_id, [document["_id"] for document in self.documents])

    @property
    def documents(self) -> list[Document]:
        """The notifications of the batch, for the inbox."""
        return [item.created.document for item in self.items]

    def muting(self, ids: Collection[str]) -> "Batch":
        """Return the batch with these notifications muted."""
        if not ids:
            return self
        items = [
            replace(item, created=item.created.muted())
            if item.created.document["_id"] in ids
            else item
            for item in self.items
        ]
        return Batch(self.intent_id, self.requests, items)

    def without(self, refused: BatchItem) -> "Batch":
        """Return the batch without this item. The request of the item stays in the batch."""
        rest = [item for item in self.items if item is not refused]
        return Batch(self.intent_id, self.requests, rest)

    def begin(self) -> "Batch":
        """Return the batch without the requests whose callers have stopped waiting.

        Call this just before the transaction begins. The remaining requests count as possibly
        written from then on.
        """
        batch = self.without_requests({each for each in self.requests if each.answer.done()})
        for request in batch.requests:
            request.may_be_written = True
        return batch

    def without_requests(self, requests: Collection[PendingRequest]) -> "Batch":
        """Return the batch without these requests and their items."""
        if not requests:
            return self
        return Batch(
            self.intent_id,
            [request for request in self.requests if request not in requests],
            [item for item in self.items if item.request not in requests],
        )

    def succeed(self) -> None:
        """Answer every request. Call this once the items are durable."""
        for item in self.items:
            item.request.outcomes[item.position] = item.created
        for request in self.requests:
            request.succeed()

    def fail(self, error: CreateFailedError) -> None:
        """Fail every request as a whole."""
        for request in self.requests:
            request.fail(error)


def seal(requests: Sequence[PendingRequest], ids: IdSource) -> Batch:
    """Return a batch of these requests. Gives each notification its id and its creation time."""
    batch = Batch(ids.next(), list(requests), [])
    for request in requests:
        for position, item in enumerate(request.items):
            if isinstance(item, NotValidError):
                request.outcomes[position] = item
                continue
            document = _document(item, ids.next())
            if request.traceparent is not None:
                document["traceparent"] = request.traceparent
            created = Created(document, public_json(document))
            batch.items.append(BatchItem(request, position, created))
    return batch


def _document(notification: NewNotification, notification_id: str) -> Document:
    document: Document = {
        "_id": notification_id,
        "user_id": notification.user_id,
        "type": notification.type,
        "category": category_of(notification.type),
        "severity": notification.severity,
        "title": notification.title,
        "body": notification.body,
        "data": orjson.dumps(notification.data).decode(),
        "action_url": notification.action_url,
        "created_at": _time_of(notification_id[:13]),
        "expires_at": notification.expires_at,
        "collapse_key": notification.collapse_key,
        "delivered_at": None,
        "seen_at": None,
        "read_at": None,
        "archived_at": None,
        "superseded_by": None,
    }
    # Few notifications have these fields, so leave them out of the other documents.
    if notification.image_url is not None:
        document["image_url"] = notification.image_url
    if notification.image_alt is not None:
        document["image_alt"] = notification.image_alt
    if notification.actions:
        document["actions"] = [{"label": one.label, "url": one.url} for one in notification.actions]
    return document


@lru_cache(maxsize=16)  # the ids of a batch are of only a few milliseconds
def _time_of(beginning: str) -> datetime:
    """Return the time of creation from the first 13 characters of an id."""
    return _EPOCH + int(beginning.replace("-", ""), 16) * _MILLISECOND
