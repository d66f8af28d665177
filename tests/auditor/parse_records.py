"""Parses the records of the three topics according to the public contract."""

import hashlib
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson
from aiokafka import ConsumerRecord

from tests.auditor.facts import CREATED, ERASED, WITHDRAWN, DeadLetter, Receipt, Record

_CHANGES = {
    f"notification.{change}"
    for change in ("seen", "read", "unread", "archived", "unarchived", "withdrawn", "erased")
}
_OUTCOMES = {
    *(f"notification.{outcome}" for outcome in ("delivered", "parked", "expired", "superseded")),
    *(f"notification.{outcome}" for outcome in ("dead_lettered", "muted", "withdrawn")),
}
_RECEIPT_HEADERS = ("ce_id", "ce_source", "ce_specversion", "ce_type", "ce_time", "content-type")
_TEXTS = ("id", "user_id", "type", "title", "body", "created_at")


class _ProblemError(Exception):
    """The record breaks the contract. The message says how."""


def parse_record(consumed: ConsumerRecord) -> Record:
    """Return the record. Its `problem` says how it breaks the contract."""
    headers = _texts(consumed.headers)
    fields = {
        "partition": consumed.partition,
        "offset": consumed.offset,
        "kind": headers.get("ce_type", ""),
        "user": (consumed.key or b"").decode(errors="replace"),
        "source": headers.get("ce_source", ""),
        "at": _time_or_none(headers.get("ce_time")) or 0.0,
        "fingerprint": _fingerprint(consumed),
    }
    try:
        if fields["kind"] != CREATED:
            _check(fields["kind"] in _CHANGES, "ce_type is missing or unknown")
            up_to = _erased_up_to(consumed) if fields["kind"] == ERASED else ""
            ids = _withdrawn(consumed) if fields["kind"] == WITHDRAWN else ()
            return Record(**fields, erased_up_to=up_to, withdrawn=ids)
        value = _notification(consumed)
    except _ProblemError as problem:
        return Record(**fields, problem=str(problem))
    return Record(
        **fields,
        id=value["id"],
        expires_at=_time_or_none(value.get("expires_at")),
        category=value["type"].split(".")[0],
        is_muted=headers.get("removed") == "muted",
    )


def parse_dead_letter(consumed: ConsumerRecord, topic: str) -> DeadLetter:
    """Return the dead letter, with the partition and offset if its headers name this topic."""
    headers = _texts(consumed.headers)
    partition, offset = (headers.get(f"dlq_{name}", "") for name in ("partition", "offset"))
    last = headers.get("dlq_last_offset", offset if "dlq_size" in headers else "")
    names_place = headers.get("dlq_topic") == topic and partition.isdecimal() and offset.isdecimal()
    return DeadLetter(
        int(partition) if names_place else None,
        int(offset) if names_place else None,
        headers.get("dlq_reason", ""),
        _fingerprint(consumed),
        int(last) if names_place and last.isdecimal() else None,
    )


def parse_receipt(consumed: ConsumerRecord) -> Receipt:
    """Return the receipt. Its `problem` says how it breaks the contract."""
    headers = _texts(consumed.headers)
    event_id, kind = headers.get("ce_id", ""), headers.get("ce_type", "")
    outcome = kind.removeprefix("notification.")
    try:
        _check(kind in _OUTCOMES, "ce_type is missing or unknown")
        _check(
            all(headers.get(header) for header in _RECEIPT_HEADERS),
            "the headers are not those of a CloudEvent in binary mode",
        )
        value = _object(consumed)
        notification_id, user = value.get("notification_id"), value.get("user_id")
        is_id = isinstance(notification_id, str) and _is_canonical(notification_id)
        _check(is_id, "notification_id is not a UUID in its canonical form")
        _check(isinstance(user, str) and user.encode() == consumed.key, "user_id is not the key")
        at = _time_or_none(value.get("at"))
        _check(at is not None, "at is not an RFC 3339 time")
        _check(isinstance(value.get("attempt"), int), "attempt is not a number")
        _check(bool(value.get("instance")), "instance is missing")
    except _ProblemError as problem:
        return Receipt(event_id, outcome, "", "", 0.0, problem=str(problem))
    return Receipt(
        event_id,
        outcome,
        str(notification_id),
        str(user),
        at or 0.0,
        latency_ms=value.get("latency_ms"),
        superseded_by=value.get("superseded_by") or "",
    )


def _object(consumed: ConsumerRecord) -> dict[str, Any]:
    try:
        value = orjson.loads(consumed.value or b"")
    except orjson.JSONDecodeError as error:
        raise _ProblemError(f"the value is not JSON: {error}") from error
    _check(isinstance(value, dict), "the value is not a JSON object")
    return dict(value)


def _erased_up_to(consumed: ConsumerRecord) -> str:
    up_to = str(_object(consumed).get("erased_up_to"))
    _check(_is_canonical(up_to), "erased_up_to is not a UUID in its canonical form")
    return up_to


def _withdrawn(consumed: ConsumerRecord) -> tuple[str, ...]:
    value = _object(consumed)
    changed = value.get("changed")
    _check(isinstance(changed, list) and bool(changed), "changed is not a list of changes")
    for change in changed or ():
        _check(isinstance(change, dict), "changed is not a list of changes")
        _check(_is_canonical(str(change.get("id"))), "an id is not a UUID in its canonical form")
        _check(_time_or_none(change.get("withdrawn_at")) is not None, "withdrawn_at is not a time")
    return tuple(change["id"] for change in changed or ())


def _notification(consumed: ConsumerRecord) -> dict[str, Any]:
    value = _object(consumed)
    for name in _TEXTS:
        _check(isinstance(value.get(name), str), f"{name} is missing or not a string")
    _check(_is_canonical(value["id"]), "id is not a UUID in its canonical form")
    _check(value["user_id"].encode() == consumed.key, "the key is not the user_id")
    expires_at = value.get("expires_at")
    readable = expires_at is None or _time_or_none(expires_at) is not None
    _check(readable, "expires_at is not an RFC 3339 time")
    return value


def _check(holds: bool, problem: str) -> None:
    if not holds:
        raise _ProblemError(problem)


def _is_canonical(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _time_or_none(text: object) -> float | None:
    try:
        time = datetime.fromisoformat(text)  # type: ignore[arg-type] # raises TypeError
    except (TypeError, ValueError):
        return None
    return time.timestamp() if time.tzinfo is not None else None


def _texts(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    # If a header occurs twice, the last one counts: delivery appends its headers to the record's.
    return {name: (value or b"").decode(errors="replace") for name, value in headers}


def _fingerprint(consumed: ConsumerRecord) -> bytes:
    key, value = consumed.key, consumed.value
    parts = (b"\0" if part is None else b"\1%d:%b" % (len(part), part) for part in (key, value))
    return hashlib.blake2b(b"".join(parts), digest_size=16).digest()
