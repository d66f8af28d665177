"""Reads what a record says: a creation, a receipt, a change, an erasure, or a dead letter."""

from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from deploy.console.core.event import Event
from deploy.console.core.moments import milliseconds_of
from producer_api.contract.events import EventType, Header, ReceiptType
from producer_api.contract.ids import is_id
from producer_api.contract.stored import MAX_RECORD_BYTES

_TYPE, _INBOX, _REMOVED = Header.TYPE.value, Header.INBOX.value, Header.REMOVED.value
_REASON, _LETTER_PARTITION = "dlq_reason", "dlq_partition"
#: The names of the headers from which facts are read.
HEADERS = (_TYPE, _INBOX, _REMOVED, _REASON, _LETTER_PARTITION)
_MOST_MARKS = 1_000


class Mark(NamedTuple):
    """What a change says about one notification. Times are Unix milliseconds."""

    id: str
    seen_at: int | None
    read_at: int | None
    superseded_by: str | None
    withdrawn_at: int | None


class Created(NamedTuple):
    """A notification was created."""

    id: str
    user: str
    type: str
    title: str
    at: int
    expires_at: int | None
    order: str | None
    """The notification's `data.order_id`, if it has one."""
    collapse_key: str | None
    removed: str | None
    """`muted` or `withdrawn` if the notification must not be pushed, else None."""
    superseded: tuple[Mark, ...]
    """The notifications that this one superseded."""


class Receipt(NamedTuple):
    """An outcome of a notification, as delivery reported it."""

    kind: str
    """The outcome, such as `delivered`."""
    id: str
    user: str
    at: int
    latency: int | None
    attempt: int | None
    pushed_at: int | None
    owner: str | None
    edge: str | None
    reason: str | None
    superseded_by: str | None


class Change(NamedTuple):
    """What a user or the shop changed in an inbox."""

    kind: str
    """What was changed, such as `read`."""
    user: str
    at: int
    marks: tuple[Mark, ...]


class Erased(NamedTuple):
    """A user was erased."""

    user: str
    at: int
    up_to: str


class DeadLetter(NamedTuple):
    """A record could not be read."""

    id: str | None
    user: str | None
    partition: int | None
    """The partition of the unreadable record on the main topic, if it is known."""
    place: str
    reason: str


Fact = Created | Receipt | Change | Erased | DeadLetter


def fact_of(event: Event) -> Fact | None:
    """Return what an event of the main topic or of the receipt topic says.

    Returns None if the type is unknown, or if the event cannot be read. Delivery writes a dead
    letter for an unreadable record, and the console shows that instead.
    """
    kind = event.header(_TYPE).decode("latin-1")
    reader = _READERS.get(kind)
    if reader is None or event.value is None or len(event.value) > MAX_RECORD_BYTES:
        return None
    try:
        return reader(kind.removeprefix("notification."), orjson.loads(event.value), event)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def dead_letter_of(event: Event, user: str | None, notification_id: str | None) -> DeadLetter:
    """Return what a dead letter says about this notification, if it names one."""
    lane = event.last_header(_LETTER_PARTITION)
    return DeadLetter(
        notification_id,
        user,
        int(lane) if lane.isdigit() and len(lane) < len("1000000") else None,
        f"{event.partition}:{event.offset}",
        event.last_header(_REASON).decode(errors="backslashreplace"),
    )


def _created(_kind: str, value: dict[str, Any], event: Event) -> Created:
    data, notice = value.get("data"), event.header(_INBOX)
    order = data.get("order_id") if isinstance(data, dict) else None
    return Created(
        _id(value["id"]),
        _text(value["user_id"]),
        _text(value["type"]),
        _text(value["title"]),
        _moment(value["created_at"]),
        milliseconds_of(value.get("expires_at")),
        str(order) if isinstance(order, str | int) else None,
        _text_or_none(value.get("collapse_key")),
        event.header(_REMOVED).decode("latin-1") or None,
        _marks(orjson.loads(notice)["changed"]) if notice else (),
    )


def _receipt(kind: str, value: dict[str, Any], _event: Event) -> Receipt:
    return Receipt(
        kind,
        _id(value["notification_id"]),
        _text(value["user_id"]),
        _moment(value["at"]),
        _number_or_none(value.get("latency_ms")),
        _number_or_none(value.get("attempt")),
        milliseconds_of(value.get("pushed_at")),
        _text_or_none(value.get("owner")),
        _text_or_none(value.get("edge")),
        _text_or_none(value.get("reason")),
        _text_or_none(value.get("superseded_by")),
    )


def _changed(kind: str, value: dict[str, Any], _event: Event) -> Change:
    user, at = _text(value["user_id"]), _moment(value["at"])
    return Change(kind, user, at, _marks(value["changed"]))


def _withdrawn(kind: str, value: dict[str, Any], event: Event) -> Receipt | Change:
    """Read a withdrawal's record or its receipt: both have the same type."""
    is_receipt = "notification_id" in value
    return _receipt(kind, value, event) if is_receipt else _changed(kind, value, event)


def _erased(_kind: str, value: dict[str, Any], _event: Event) -> Erased:
    return Erased(_text(value["user_id"]), _moment(value["at"]), _id(value["erased_up_to"]))


def _marks(values: list[dict[str, Any]]) -> tuple[Mark, ...]:
    return tuple(
        Mark(
            _id(each["id"]),
            milliseconds_of(each.get("seen_at")),
            milliseconds_of(each.get("read_at")),
            _text_or_none(each.get("superseded_by")),
            milliseconds_of(each.get("withdrawn_at")),
        )
        for each in values[:_MOST_MARKS]
    )


def _id(value: object) -> str:
    if not is_id(value):
        raise ValueError("not an id")
    return str(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")  # noqa: TRY004 - the caller catches this one
    return value


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number_or_none(value: object) -> int | None:
    return value if type(value) is int else None


def _moment(value: object) -> int:
    moment = milliseconds_of(value)
    if moment is None:
        raise ValueError("not a time")
    return moment


_READERS: dict[str, Callable[[str, dict[str, Any], Event], Fact]] = {
    **{kind.value: _receipt for kind in ReceiptType},
    **{kind.value: _changed for kind in EventType},
    EventType.CREATED.value: _created,
    EventType.WITHDRAWN.value: _withdrawn,
    EventType.ERASED.value: _erased,
}
