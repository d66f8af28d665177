"""Converts records of the two topics to changes of the funnel. Pure: no I/O."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a record says about one notification; None if it does not say. Times are RFC 3339."""

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
    is_muted: bool | None = None
    """True if the user had muted the category. The created record and the receipt both say so."""
    superseded_at: str | None = None
    """The earliest known time. The receipt's time is slightly later than that of the created record
    whose notification superseded this one."""
    withdrawn_at: str | None = None

    def merged_with(self, later: "Facts") -> "Facts":
        """Return the combined facts of both records.

        Uses the last `is_archived`, the earliest `superseded_at`, and the first value of all other
        fields.
        """
        merged = {
            name: _first(getattr(self, name), getattr(later, name))
            for name in self.__slots__
            if name not in {"id", "user_id", "is_archived", "superseded_at"}
        }
        is_archived = self.is_archived if later.is_archived is None else later.is_archived
        moments = [at for at in (self.superseded_at, later.superseded_at) if at is not None]
        superseded_at = min(moments, default=None)
        return replace(self, **merged, is_archived=is_archived, superseded_at=superseded_at)


class Sweep(NamedTuple):
    """A user saw all notifications up to an id. If `is_read`, the user read them as well."""

    user_id: str
    up_to: str
    at: str
    is_read: bool


class Erasure(NamedTuple):
    """All notifications of a user up to an id were erased."""

    user_id: str
    up_to: str


Change = Facts | Sweep | Erasure


def changes_of(headers: Headers, value: bytes | None) -> list[Change]:
    """Return the changes that this record causes, in order.

    Ignores unknown types, because more may be added. Also ignores records that cannot be parsed,
    because delivery sends them to the dead-letter topic.
    """
    kind = next((text for name, text in headers if name == "ce_type"), None)
    parse = _PARSERS.get(kind or b"")
    if parse is None:
        return []
    try:
        changes = parse(json.loads(value or b""))
        # The header `inbox` names the notifications that the created one superseded.
        inbox = next((text for name, text in headers if name == "inbox"), None)
        if ("removed", b"muted") in headers:
            changes += _muted(json.loads(value or b""), "id")
        return changes if inbox is None else [*changes, *_changed(json.loads(inbox))]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return []


def _created(fields: dict[str, Any]) -> list[Change]:
    return [
        Facts(
            _text(fields["id"]),
            _text(fields["user_id"]),
            type=_text(fields["type"]),
            created_at=_moment(fields["created_at"]),
            expires_at=_moment_or_none(fields["expires_at"]),
        )
    ]


def _delivered(fields: dict[str, Any]) -> list[Change]:
    notification_id, user = _text(fields["notification_id"]), _text(fields["user_id"])
    latency = fields["latency_ms"]  # null if the id contains no time
    milliseconds = None if latency is None else int(latency)
    return [
        Facts(notification_id, user, delivered_at=_moment(fields["at"]), latency_ms=milliseconds)
    ]


def _superseded(fields: dict[str, Any]) -> list[Change]:
    notification_id, user = _text(fields["notification_id"]), _text(fields["user_id"])
    return [Facts(notification_id, user, superseded_at=_moment(fields["at"]))]


def _muted(fields: dict[str, Any], id_field: str = "notification_id") -> list[Change]:
    return [Facts(_text(fields[id_field]), _text(fields["user_id"]), is_muted=True)]


def _erased(fields: dict[str, Any]) -> list[Change]:
    return [Erasure(_text(fields["user_id"]), _text(fields["erased_up_to"]))]


def _changed(fields: dict[str, Any]) -> list[Change]:
    user = _text(fields["user_id"])
    changes: list[Change] = [
        Facts(
            _text(mark["id"]),
            user,
            seen_at=_moment_or_none(mark["seen_at"]),
            read_at=_moment_or_none(mark["read_at"]),
            is_archived=mark["archived_at"] is not None,
            superseded_at=_moment(fields["at"]) if mark.get("superseded_by") else None,
            withdrawn_at=_moment_or_none(mark.get("withdrawn_at")),
        )
        for mark in fields["changed"]
    ]
    for name, is_read in (("read_up_to", True), ("seen_up_to", False)):
        if name in fields:
            changes.append(Sweep(user, _text(fields[name]), _moment(fields["at"]), is_read))
    return changes


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    value.encode()  # a lone surrogate raises ValueError
    return value


def _moment(value: Any) -> str:
    """Return an RFC 3339 or ISO 8601 time in the form that the producer API writes."""
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds')}Z"


def _moment_or_none(value: Any) -> str | None:
    return None if value is None else _moment(value)


_PARSERS: dict[bytes, Callable[[dict[str, Any]], list[Change]]] = {
    b"notification.created": _created,
    b"notification.delivered": _delivered,
    b"notification.superseded": _superseded,
    b"notification.muted": _muted,
    b"notification.erased": _erased,
    b"notification.seen": _changed,
    b"notification.read": _changed,
    b"notification.unread": _changed,
    b"notification.archived": _changed,
    b"notification.unarchived": _changed,
    # A receipt may have this type, too. It has no `changed`, and changes nothing in the funnel.
    b"notification.withdrawn": _changed,
}


def _first(value: Any, default: Any) -> Any:
    return default if value is None else value
