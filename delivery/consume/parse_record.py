"""Parses the records of the notifications topic."""

from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from aiokafka import ConsumerRecord

from delivery.core.record import Erasure, Record, Withdrawal
from producer_api.contract.events import MUTED, WITHDRAWN, EventType, Header, headers
from producer_api.contract.ids import is_id
from producer_api.contract.stored import MAX_RECORD_BYTES

_TEXTS = ("user_id", "type", "title", "body", "created_at")
_texts_of = itemgetter(*_TEXTS)
# Plain values, made once. Reading an enum's member, or making one from a value, costs more than
# everything else that is done with a header.
_TYPE, _TRACEPARENT, _INBOX = Header.TYPE.value, Header.TRACEPARENT.value, Header.INBOX.value
_REMOVED = Header.REMOVED.value
_CREATED, _ERASED, _WITHDRAWN = EventType.CREATED, EventType.ERASED, EventType.WITHDRAWN
#: Every record of ours has at least this many headers. Only a record with more is searched for
#: `removed`, because the search costs as much as parsing the JSON.
_CLOUD_EVENT_HEADERS = len(headers("", _CREATED, "", ""))
_KINDS = {kind.encode(): kind for kind in EventType}


class UnreadableRecordError(Exception):
    """The record does not follow the contract; the message says what is wrong."""


class InboxChange(NamedTuple):
    """A change that the user made in their inbox. Clients do not acknowledge it."""

    user: str
    payload: bytes
    """The `inbox` event as JSON."""


class Muted(NamedTuple):
    """A notification whose user had muted its category. It is settled, but not pushed."""

    user: str
    id: str


class SupersedeNotice(NamedTuple):
    """The notice in a created record. It names the notifications that the new one supersedes."""

    ids: frozenset[str]
    """The ids of the superseded notifications."""
    payload: bytes
    """The `inbox` event as JSON."""


def _traceparent_in(record: ConsumerRecord) -> str | None:
    for name, text in record.headers:
        if name == _TRACEPARENT:
            return bytes(text or b"").decode("ascii", errors="replace")
    return None


def supersede_notice_in(record: ConsumerRecord) -> SupersedeNotice | None:
    """Return the record's notice, or None if it has none. Raises `UnreadableRecordError`."""
    for name, text in record.headers:
        if name == _INBOX:
            event = _object(text or b"")
            return SupersedeNotice(_changed_with("superseded_by", event, f"header {_INBOX}"), text)
    return None


def _changed_with(field: str, event: dict[str, Any], place: str) -> frozenset[str]:
    """Return the ids of the changed notifications that have this field.

    Leaves out values that are not ids. No pushed notification has such an id, and comparing such a
    value with ids could fail.
    """
    try:
        ids = frozenset(item["id"] for item in event["changed"] if item.get(field))
        return frozenset(filter(is_id, ids))
    except (KeyError, TypeError, AttributeError) as error:
        raise UnreadableRecordError(f"the {place} is not an inbox event") from error


def parse_record(
    record: ConsumerRecord, epoch: int, *, traced: bool = False
) -> Record | Erasure | Withdrawal | InboxChange | Muted:
    """Return the notification, the erasure, the withdrawal, or the inbox change in the record.

    With `traced`, the notification includes its `traceparent`. Raises `UnreadableRecordError`.
    """
    kind = _kind(record)
    key, text = record.key, record.value
    if key is None or text is None:
        raise UnreadableRecordError("the record needs a key and a value")
    value = _object(text)
    if kind is _CREATED:
        user = _checked_user(value)
        if user.encode() != key:
            raise UnreadableRecordError("the key is not the notification's user_id")
        # A notification that collapses may be superseded or withdrawn already. The inbox then
        # decides whether to push it.
        collapses = value.get("collapse_key") is not None
        if len(record.headers) > _CLOUD_EVENT_HEADERS:
            if (_REMOVED, MUTED) in record.headers:
                return Muted(user, value["id"])
            collapses = collapses or (_REMOVED, WITHDRAWN) in record.headers
        expires_at = value.get("expires_at")
        # Bypass the named tuple's `__new__`, which takes three times as long.
        return tuple.__new__(
            Record,
            (
                value["id"],
                text,
                None if expires_at is None else _expiry(expires_at),
                user,
                collapses,
                record.partition,
                record.offset,
                epoch,
                _traceparent_in(record) if traced else None,
            ),
        )
    if kind is _ERASED:
        return Erasure(_user(key), _up_to(value), text, record.offset, epoch)
    if kind is _WITHDRAWN:
        ids = _changed_with("withdrawn_at", value, "value")
        return Withdrawal(_user(key), ids, text, record.offset, epoch)
    return InboxChange(_user(key), text)


def _kind(record: ConsumerRecord) -> EventType:
    for name, value in record.headers:
        if name == _TYPE:
            if value is None:  # Kafka allows a header without a value
                raise UnreadableRecordError(f"the header {_TYPE} has no value")
            kind = _KINDS.get(value)
            if kind is None:
                raise UnreadableRecordError(f"the header {_TYPE} names an unknown kind")
            return kind
    raise UnreadableRecordError(f"the header {_TYPE} is missing")


def _up_to(value: dict[str, Any]) -> str:
    up_to = value.get("erased_up_to")
    if not is_id(up_to):
        raise UnreadableRecordError("erased_up_to is not a UUID in its canonical form")
    return str(up_to)


def _object(text: bytes) -> dict[str, Any]:
    if len(text) > MAX_RECORD_BYTES:
        # Nothing that we write is larger. Parsing 1 MiB may hold the event loop for over 100 ms.
        raise UnreadableRecordError(f"the value has {len(text):,} bytes, too many to be read")
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


def _checked_user(value: dict[str, Any]) -> str:
    """Check the fields that every notification has, and return its user."""
    if not is_id(value.get("id")):
        raise UnreadableRecordError("id is not a UUID in its canonical form")
    try:
        "".join(_texts_of(value))  # fails if one is missing or no string; faster than a loop
    except (KeyError, TypeError) as error:
        bad = next(field for field in _TEXTS if not isinstance(value.get(field), str))
        raise UnreadableRecordError(f"{bad} is missing or not a string") from error
    user: str = value["user_id"]
    return user


def _expiry(expires_at: Any) -> float:
    try:
        moment = datetime.fromisoformat(expires_at)
    except (TypeError, ValueError) as error:
        raise UnreadableRecordError("expires_at is not an RFC 3339 time") from error
    if moment.tzinfo is None:
        raise UnreadableRecordError("expires_at has no offset from UTC")
    try:
        utc = moment.astimezone(UTC)
    except OverflowError as error:
        raise UnreadableRecordError("expires_at is outside the years 1 to 9999") from error
    # MongoDB keeps whole milliseconds. The log and the inbox must agree on the time of expiry.
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000).timestamp()
