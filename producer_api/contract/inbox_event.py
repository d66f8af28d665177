"""What changed in a user's inbox: the value of a record, and the payload of an `inbox` event.

One JSON text serves both. The producer puts it on the topic, delivery hands its bytes to the
user's connections as they are, and the data team reads it:

    {"unread_count": 1, "unseen_count": 0,
     "changed": [{"id": "0198…", "read_at": "…Z", "seen_at": "…Z", "archived_at": null}],
     "user_id": "ana", "at": "2026-11-02T08:00:00.123Z", "read_up_to": "0198…"}

- The counts are those after the change, read in its own transaction.
- `changed` holds the notifications concerned with all their marks as they are now: at most
  `CHANGED_LIMIT`, newest first. `read_up_to` is there only where all was marked as read, and then
  says it for the rest: whatever of the user's with an id up to it was neither read, archived nor
  superseded has been read at `at` (and seen, if it had not been). One record says so for thousands;
  a very large inbox makes several, oldest first.
- `seen_up_to` is there only where all was marked as seen, and says the same of that: whatever of
  the user's with an id up to it was neither seen, archived nor superseded, nor had expired, has
  been seen at `at`. It has not been read by that.
- What has given way to a newer one of its collapse key has `superseded_by`, the newer one's id,
  beside its marks; it is on no list any more.
- `at` is the moment of the change. It rises from change to change of one user, on one clock: who
  has heard of a later one, or of this one, may drop what is not above it. So does a repeat on the
  log (delivery is at least once) never undo what came after it.

- `erased` and `erased_up_to` are there only where all of the user's was erased. `changed` is empty
  then, and the counts are 0: whatever had been accepted for the user before is gone, and has an id
  up to that one. What was being created in that very moment may have such an id too, and stays:
  who holds one back on account of its id asks the inbox first.

The record's key is `user_id`, its `ce_type` says what was done (`EventType`), its `ce_time` is
`at`. One request may do two things, to read and to archive: these are two records, one after the
other, alike in their values. Reading a notification that was unseen marks it as seen too, and
is one `notification.read`; its `seen_at` says the rest.

Superseding is no record of its own: its event stands in the header `Header.INBOX` of the record of
a notification that was created in the same transaction, the newer one or one of the same batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from producer_api.contract.notification import Document, rfc3339

#: How many notifications an event names; enough for what clients have on their screens.
CHANGED_LIMIT = 100


@dataclass(frozen=True, slots=True)
class InboxEvent:
    """One change of a user's inbox."""

    user_id: str
    at: datetime
    unread_count: int
    unseen_count: int
    changed: Sequence[Document]
    read_up_to: str | None = None
    seen_up_to: str | None = None
    erased_up_to: str | None = None

    def json(self) -> bytes:
        """The payload."""
        payload: dict[str, Any] = {
            "unread_count": self.unread_count,
            "unseen_count": self.unseen_count,
            "changed": [_marks(document) for document in self.changed],
            "user_id": self.user_id,
            "at": rfc3339(self.at),
        }
        if self.read_up_to is not None:
            payload["read_up_to"] = self.read_up_to
        if self.seen_up_to is not None:
            payload["seen_up_to"] = self.seen_up_to
        if self.erased_up_to is not None:
            payload |= {"erased": True, "erased_up_to": self.erased_up_to}
        return orjson.dumps(payload)


def _marks(document: Document) -> dict[str, str | None]:
    marks = {
        "id": document["_id"],
        "read_at": rfc3339(document["read_at"]),
        "seen_at": rfc3339(document["seen_at"]),
        "archived_at": rfc3339(document["archived_at"]),
    }
    superseded_by = document["superseded_by"]
    return marks if superseded_by is None else {**marks, "superseded_by": superseded_by}
