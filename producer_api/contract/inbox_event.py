"""A change in a user's inbox: the value of a record, and the payload of an `inbox` event.

Both are the same JSON text. The producer API writes it to the topic, delivery forwards it to the
user's connections without a change, and the data team reads it:

    {"unread_count": 1, "unseen_count": 0,
     "changed": [{"id": "0198…", "read_at": "…Z", "seen_at": "…Z", "archived_at": null}],
     "user_id": "ana", "at": "2026-11-02T08:00:00.123Z", "read_up_to": "0198…"}

- The counts are those after the change. They are read in the transaction of the change.
- `by_category` has the counts after the change for each category of the notifications that the
  change was about: `{"order": {"unread_count": 1, "unseen_count": 0}}`. The counts of all other
  categories stay the same. The field is absent if there are more than `MOST_COUNTED` categories,
  or if getting the counts would mean counting thousands of notifications.
- `changed` has at most `CHANGED_LIMIT` of the changed notifications, newest first, with all their
  marks after the change.
- `read_up_to` is an id. It is present only if the user marked everything as read. Then all
  notifications of the user with an id up to `read_up_to` were read at `at`, except those that were
  already read, archived, superseded, withdrawn or muted. Unseen ones were also seen at `at`. This
  includes the notifications that `changed` leaves out, so one record is enough for thousands. A
  very large inbox makes several records, oldest first.
- `seen_up_to` is an id. It is present only if the user marked everything as seen. Then all
  unexpired notifications of the user with an id up to `seen_up_to` were seen at `at`, except those
  that were already seen, archived, superseded, withdrawn or muted. None was marked as read.
- A superseded notification in `changed` also has `superseded_by`, the id of the newer notification
  with its collapse key. Lists no longer show it.
- A withdrawn notification in `changed` also has `withdrawn_at`, the time when the shop withdrew it.
  Nothing shows it any more, and it is no longer pushed.
- `at` is the time of the change, from one clock. A user's later changes have a later `at`.
  Records may be repeated, because publishing is at least once. A consumer may drop an event whose
  `at` is not later than that of the last event it processed for the user. So a repeated record
  never undoes a later change.
- `erased` and `erased_up_to` are present only if the user was erased. Then `changed` is empty, and
  the counts are 0. Every notification that was accepted for the user before the erasure is deleted,
  and has an id up to `erased_up_to`. A notification that was being created during the erasure may
  also have an id in this range, but is not deleted. Query the inbox before dropping a notification
  because of its id.

The key of the record is `user_id`, its `ce_type` is an `EventType`, and its `ce_time` is `at`. A
request that does two things, such as reading and archiving, makes two records, one after the
other, with the same value. Reading an unseen notification also marks it as seen, but makes only a
`notification.read`, whose value also has the new `seen_at`. A request that marks more than
`CHANGED_LIMIT` chosen notifications makes several records. Each has the counts after the whole
request, and a later `at` than the one before.

Superseding makes no separate record. The event is in the header `Header.INBOX` of the record of a
notification that was created in the same transaction: the newer one, or one of the same batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from producer_api.contract.notification import Document, rfc3339

#: The maximum number of notifications in one event. A client's screen shows fewer.
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
    by_category: Mapping[str, tuple[int, int]] | None = None

    def json(self) -> bytes:
        """Return the payload as JSON."""
        payload: dict[str, Any] = {
            "unread_count": self.unread_count,
            "unseen_count": self.unseen_count,
            "changed": [_marks(document) for document in self.changed],
            "user_id": self.user_id,
            "at": rfc3339(self.at),
        }
        if self.by_category is not None:
            payload["by_category"] = {
                name: {"unread_count": unread, "unseen_count": unseen}
                for name, (unread, unseen) in self.by_category.items()
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
        "read_at": _time(document.get("read_at")),
        "seen_at": _time(document.get("seen_at")),
        "archived_at": _time(document.get("archived_at")),
    }
    if (superseded_by := document.get("superseded_by")) is not None:
        marks["superseded_by"] = superseded_by
    if (withdrawn_at := _time(document.get("withdrawn_at"))) is not None:
        marks["withdrawn_at"] = withdrawn_at
    return marks


def _time(value: object) -> str | None:
    """Return the time as text; None if a damaged notification has something else here."""
    return rfc3339(value) if isinstance(value, datetime) else None
