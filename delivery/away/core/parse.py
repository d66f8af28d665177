"""Reads what the away program needs from the records of both topics."""

from collections.abc import Callable, Collection, Sequence
from datetime import MAXYEAR, datetime
from typing import Any, NamedTuple

import orjson

from delivery.away.core.entry import Until
from producer_api.contract.category import category_of
from producer_api.contract.events import EventType, Header, ReceiptType
from producer_api.contract.ids import is_id
from producer_api.contract.stored import MAX_RECORD_BYTES

_TYPE, _REMOVED = Header.TYPE.value, Header.REMOVED.value


class Created(NamedTuple):
    """A notification was created."""

    id: str
    user: str
    category: str
    created_at: datetime


class Settled(NamedTuple):
    """These notifications need not be told any more."""

    ids: Collection[str]


class Erased(NamedTuple):
    """A user was erased."""

    user: str


class UnreadableRecordError(Exception):
    """The record does not follow the contract."""


def parse(
    headers: Sequence[tuple[str, bytes | None]], value: bytes | None, until: Until
) -> Created | Settled | Erased | None:
    """Return what the record says; None if it does not matter here.

    Raises `UnreadableRecordError`. Delivery moves such a record to the dead-letter topic, and an
    operator may replay it.
    """
    kind = _kind(headers)
    if kind not in _READERS:
        return None
    if kind == ReceiptType.DELIVERED and until is Until.SEEN:
        return None
    if any(name == _REMOVED for name, _ in headers):
        return None  # muted, or withdrawn before its record was written
    if value is None or len(value) > MAX_RECORD_BYTES:
        raise UnreadableRecordError("the value is missing or too large")
    try:
        return _READERS[kind](orjson.loads(value))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableRecordError(repr(error)) from error


def _kind(headers: Sequence[tuple[str, bytes | None]]) -> str:
    text = next((text for name, text in headers if name == _TYPE), None)
    return bytes(text or b"").decode("latin-1")


def _created(value: dict[str, Any]) -> Created:
    notification_id, user, kind = value["id"], value["user_id"], value["type"]
    created_at = datetime.fromisoformat(value["created_at"])
    is_sound = is_id(notification_id) and isinstance(user, str) and created_at.tzinfo is not None
    # If it was created in the year 9999, the time at which it is due may be too late for
    # `datetime`.
    if not is_sound or created_at.year >= MAXYEAR:
        raise ValueError("id, user_id or created_at")
    return Created(notification_id, user, category_of(kind), created_at)


def _receipt(value: dict[str, Any]) -> Settled:
    return Settled((_text(value["notification_id"]),))


def _changed(value: dict[str, Any]) -> Settled:
    # The event of a sweep may not list all that it changed. The inbox, which is read when an entry
    # is due, has the rest.
    return Settled([_text(item["id"]) for item in value["changed"]])


def _withdrawn(value: dict[str, Any]) -> Settled:
    """Read the record or the receipt of a withdrawal, which have the same type."""
    if "notification_id" in value:
        return _receipt(value)
    return Settled([_text(item["id"]) for item in value["changed"] if item.get("withdrawn_at")])


def _erased(value: dict[str, Any]) -> Erased:
    return Erased(_text(value["user_id"]))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")  # noqa: TRY004 - the caller catches this one
    return value


_READERS: dict[str, Callable[[dict[str, Any]], Created | Settled | Erased]] = {
    EventType.CREATED.value: _created,
    EventType.SEEN.value: _changed,
    EventType.READ.value: _changed,
    EventType.ARCHIVED.value: _changed,
    EventType.WITHDRAWN.value: _withdrawn,
    EventType.ERASED.value: _erased,
    ReceiptType.DELIVERED.value: _receipt,
    ReceiptType.SUPERSEDED.value: _receipt,
    ReceiptType.EXPIRED.value: _receipt,
    ReceiptType.MUTED.value: _receipt,
}
