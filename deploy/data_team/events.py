"""From a record of either topic to what it changes in the figures: no input, no output."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

Headers = Iterable[tuple[str, bytes | None]]


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

    def with_later(self, later: "Known") -> "Known":
        """Both together: what happened first counts; in the archive is where it is now."""
        merged = {
            name: _first(getattr(self, name), getattr(later, name))
            for name in self.__slots__
            if name not in {"id", "user_id", "is_archived"}
        }
        archived = self.is_archived if later.is_archived is None else later.is_archived
        return replace(self, **merged, is_archived=archived)


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
        return read(json.loads(value or b""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _created(says: dict[str, Any]) -> list[Change]:
    return [
        Known(
            says["id"],
            says["user_id"],
            type=says["type"],
            created_at=says["created_at"],
            expires_at=says["expires_at"],
        )
    ]


def _delivered(says: dict[str, Any]) -> list[Change]:
    about, user = says["notification_id"], says["user_id"]
    return [Known(about, user, delivered_at=says["at"], latency_ms=says["latency_ms"])]


def _erased(says: dict[str, Any]) -> list[Change]:
    return [Erased(says["user_id"], says["erased_up_to"])]


def _changed(says: dict[str, Any]) -> list[Change]:
    user = says["user_id"]
    found: list[Change] = [
        Known(
            each["id"],
            user,
            seen_at=each["seen_at"],
            read_at=each["read_at"],
            is_archived=each["archived_at"] is not None,
        )
        for each in says["changed"]
    ]
    for name, is_read in (("read_up_to", True), ("seen_up_to", False)):
        if name in says:
            found.append(Swept(user, says[name], says["at"], is_read))
    return found


_READERS: dict[bytes, Callable[[dict[str, Any]], list[Change]]] = {
    b"notification.created": _created,
    b"notification.delivered": _delivered,
    b"notification.erased": _erased,
    b"notification.seen": _changed,
    b"notification.read": _changed,
    b"notification.unread": _changed,
    b"notification.archived": _changed,
    b"notification.unarchived": _changed,
}


def _first(one: Any, other: Any) -> Any:
    return other if one is None else one
