"""From a record of either topic to what it changes in the figures: no input, no output."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Known:
    """What a record says of one notification; None where it says nothing. Times are RFC 3339."""

    id: str
    user_id: str
    type: str | None = None
    created_at: str | None = None
    expires_at: str | None = None
    delivered_at: str | None = None
    latency_ms: int | None = None
    seen_at: str | None = None
    read_at: str | None = None
    is_archived: bool | None = None
    superseded_at: str | None = None
    """By then: a receipt says so a little later than the newer one's record."""

    def with_later(self, later: "Known") -> "Known":
        """Both together: what happened first counts; in the archive is where it is now."""
        merged = {
            name: _first(getattr(self, name), getattr(later, name))
            for name in self.__slots__
            if name not in {"id", "user_id", "is_archived", "superseded_at"}
        }
        archived = self.is_archived if later.is_archived is None else later.is_archived
        moments = [each for each in (self.superseded_at, later.superseded_at) if each is not None]
        superseded = min(moments, default=None)
        return replace(self, **merged, is_archived=archived, superseded_at=superseded)


class Swept(NamedTuple):
    """All of a user's up to an id was seen, or read and so seen, at that moment."""

    user_id: str
    up_to: str
    at: str
    is_read: bool


class Erased(NamedTuple):
    """All of a user's up to an id is gone."""

    user_id: str
    up_to: str


Change = Known | Swept | Erased


def changes_of(headers: Headers, value: bytes | None) -> list[Change]:
    """What the record changes, in order.

    Types that are not known are passed over: there may be more of them one day. So is what cannot
    be read: delivery puts it aside as well, on the dead-letter topic.
    """
    kind = next((text for name, text in headers if name == "ce_type"), None)
    read = _READERS.get(kind or b"")
    if read is None:
        return []
    try:
        changes = read(json.loads(value or b""))
        # A created one that has superseded others says so in a header.
        inbox = next((text for name, text in headers if name == "inbox"), None)
        return changes if inbox is None else [*changes, *_changed(json.loads(inbox))]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return []


def _created(says: dict[str, Any]) -> list[Change]:
    return [
        Known(
            _text(says["id"]),
            _text(says["user_id"]),
            type=_text(says["type"]),
            created_at=_moment(says["created_at"]),
            expires_at=_moment_or_none(says["expires_at"]),
        )
    ]


def _delivered(says: dict[str, Any]) -> list[Change]:
    about, user = _text(says["notification_id"]), _text(says["user_id"])
    latency = says["latency_ms"]  # null, where its id says no time
    milliseconds = None if latency is None else int(latency)
    return [Known(about, user, delivered_at=_moment(says["at"]), latency_ms=milliseconds)]


def _superseded(says: dict[str, Any]) -> list[Change]:
    about, user = _text(says["notification_id"]), _text(says["user_id"])
    return [Known(about, user, superseded_at=_moment(says["at"]))]


def _erased(says: dict[str, Any]) -> list[Change]:
    return [Erased(_text(says["user_id"]), _text(says["erased_up_to"]))]


def _changed(says: dict[str, Any]) -> list[Change]:
    user = _text(says["user_id"])
    found: list[Change] = [
        Known(
            _text(each["id"]),
            user,
            seen_at=_moment_or_none(each["seen_at"]),
            read_at=_moment_or_none(each["read_at"]),
            is_archived=each["archived_at"] is not None,
            superseded_at=_moment(says["at"]) if each.get("superseded_by") else None,
        )
        for each in says["changed"]
    ]
    for name, is_read in (("read_up_to", True), ("seen_up_to", False)):
        if name in says:
            found.append(Swept(user, _text(says[name]), _moment(says["at"]), is_read))
    return found


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    value.encode()  # or it is no Unicode: ValueError
    return value


def _moment(value: Any) -> str:
    """As the contract writes it, whoever wrote it how."""
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds')}Z"


def _moment_or_none(value: Any) -> str | None:
    return None if value is None else _moment(value)


_READERS: dict[bytes, Callable[[dict[str, Any]], list[Change]]] = {
    b"notification.created": _created,
    b"notification.delivered": _delivered,
    b"notification.superseded": _superseded,
    b"notification.erased": _erased,
    b"notification.seen": _changed,
    b"notification.read": _changed,
    b"notification.unread": _changed,
    b"notification.archived": _changed,
    b"notification.unarchived": _changed,
}


def _first(one: Any, other: Any) -> Any:
    return other if one is None else one
