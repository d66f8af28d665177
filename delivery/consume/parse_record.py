"""From the bytes of a record to what it says, or the reason why that cannot be read."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from aiokafka import ConsumerRecord

from delivery.core.record import Erasure, Record
from producer_api.contract.events import EventType, Header
from producer_api.contract.ids import is_id

_TEXTS = ("user_id", "type", "title", "body", "created_at")


class UnreadableRecordError(Exception):
    """The record is not what the contract says; the message says in what way."""


class InboxChange(NamedTuple):
    """What another of the user's connections has changed: told, but not acknowledged."""

    user: str
    payload: bytes
    """The `inbox` event as JSON."""


class SupersedeNotice(NamedTuple):
    """What the record of a notification tells besides: older ones have given way."""

    ids: frozenset[str]
    payload: bytes
    """The `inbox` event as JSON."""


def _traceparent_in(record: ConsumerRecord) -> str | None:
    for name, text in record.headers:
        if name == Header.TRACEPARENT:
            return bytes(text or b"").decode("ascii", errors="replace")
    return None


def supersede_notice_in(record: ConsumerRecord) -> SupersedeNotice | None:
    """What the record says of older ones, if anything. Raises `UnreadableRecordError`."""
    for name, text in record.headers:
        if name == Header.INBOX:
            return SupersedeNotice(_superseded(_object(text or b"")), text)
    return None


def _superseded(event: dict[str, Any]) -> frozenset[str]:
    try:
        return frozenset(each["id"] for each in event["changed"] if each.get("superseded_by"))
    except (KeyError, TypeError, AttributeError) as error:
        raise UnreadableRecordError(f"the header {Header.INBOX} is no inbox event") from error


def parse_record(
    record: ConsumerRecord, epoch: int, *, traced: bool = False
) -> Record | Erasure | InboxChange:
    """The notification, the erasure or the state change in the record; `traced`: with where it
    belongs in a trace.

    Raises `UnreadableRecordError`.
    """
    kind = _kind(record)
    if record.key is None or record.value is None:
        raise UnreadableRecordError("it needs a key and a value")
    if kind is EventType.ERASED:
        up_to = _up_to(record.value)
        return Erasure(_user(record.key), up_to, record.value, record.offset, epoch)
    if kind is not EventType.CREATED:
        return InboxChange(_user(record.key), _checked(record.value))
    value = _parse(record.value)
    if value["user_id"].encode() != record.key:
        raise UnreadableRecordError("the key is not the notification's user_id")
    return Record(
        id=value["id"],
        value=record.value,
        expires_at=_expiry(value),
        user=value["user_id"],
        collapses=value.get("collapse_key") is not None,
        partition=record.partition,
        offset=record.offset,
        epoch=epoch,
        traceparent=_traceparent_in(record) if traced else None,
    )


def _kind(record: ConsumerRecord) -> EventType:
    for name, value in record.headers:
        if name == Header.TYPE:
            if value is None:  # which Kafka allows
                raise UnreadableRecordError(f"{Header.TYPE} has no value")
            try:
                return EventType(value.decode())
            except ValueError as error:
                raise UnreadableRecordError(f"{Header.TYPE} is of an unknown kind") from error
    raise UnreadableRecordError(f"the header {Header.TYPE} is missing")


def _checked(text: bytes) -> bytes:
    _object(text)
    return text


def _up_to(text: bytes) -> str:
    up_to = _object(text).get("erased_up_to")
    if not is_id(up_to):
        raise UnreadableRecordError("erased_up_to is not a UUID in its canonical form")
    return str(up_to)


def _object(text: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UnreadableRecordError(f"the value is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise UnreadableRecordError("the value is not a JSON object")
    return value


def _user(key: bytes) -> str:
    try:
        return key.decode()
    except UnicodeDecodeError as error:
        raise UnreadableRecordError("the key is not UTF-8") from error


def _parse(text: bytes) -> dict[str, Any]:
    value = _object(text)
    if not is_id(value.get("id")):
        raise UnreadableRecordError("id is not a UUID in its canonical form")
    for name in _TEXTS:
        if not isinstance(value.get(name), str):
            raise UnreadableRecordError(f"{name} is missing, or no text")
    return value


def _expiry(value: dict[str, Any]) -> float | None:
    expires_at = value.get("expires_at")
    if expires_at is None:
        return None
    try:
        moment = datetime.fromisoformat(expires_at)
    except (TypeError, ValueError) as error:
        raise UnreadableRecordError("expires_at is no RFC 3339 time") from error
    if moment.tzinfo is None:
        raise UnreadableRecordError("expires_at lacks its offset from UTC")
    try:
        utc = moment.astimezone(UTC)
    except OverflowError as error:
        raise UnreadableRecordError("expires_at is beyond the years that there are") from error
    # Whole milliseconds, as the inbox has it.
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000).timestamp()
