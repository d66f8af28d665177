"""One record of the topic, read by the public contract."""

import hashlib
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson
from aiokafka import ConsumerRecord

from tests.auditor.facts import CREATED, ERASED, DeadLetter, Receipt, Record

_CHANGES = {
    f"notification.{change}"
    for change in ("seen", "read", "unread", "archived", "unarchived", "erased")
}
_OUTCOMES = {
    f"notification.{outcome}"
    for outcome in ("delivered", "parked", "expired", "superseded", "dead_lettered")
}
_NEEDED = ("ce_id", "ce_source", "ce_specversion", "ce_type", "ce_time", "content-type")
_TEXTS = ("id", "user_id", "type", "title", "body", "created_at")


class _ProblemError(Exception):
    """The record is not what the contract says."""


def to_record(found: ConsumerRecord) -> Record:
    """What the record says, or what is wrong with it."""
    headers = _texts(found.headers)
    known = {
        "partition": found.partition,
        "offset": found.offset,
        "kind": headers.get("ce_type", ""),
        "user": (found.key or b"").decode(errors="replace"),
        "source": headers.get("ce_source", ""),
        "at": _moment_or_none(headers.get("ce_time")) or 0.0,
        "fingerprint": _fingerprint(found),
    }
    try:
        if known["kind"] != CREATED:
            _check(known["kind"] in _CHANGES, "ce_type is missing or unknown")
            up_to = _erased_up_to(found) if known["kind"] == ERASED else ""
            return Record(**known, erased_up_to=up_to)
        value = _notification(found)
    except _ProblemError as problem:
        return Record(**known, problem=str(problem))
    return Record(**known, id=value["id"], expires_at=_moment_or_none(value.get("expires_at")))


def to_dead_letter(found: ConsumerRecord, topic: str) -> DeadLetter:
    """The record, and the place that its headers name on this topic."""
    headers = _texts(found.headers)
    partition, offset = (headers.get(f"dlq_{name}", "") for name in ("partition", "offset"))
    placed = headers.get("dlq_topic") == topic and partition.isdecimal() and offset.isdecimal()
    return DeadLetter(
        int(partition) if placed else None,
        int(offset) if placed else None,
        headers.get("dlq_reason", ""),
        _fingerprint(found),
    )


def to_receipt(found: ConsumerRecord) -> Receipt:
    """What the receipt says, or what is wrong with it."""
    headers = _texts(found.headers)
    name, kind = headers.get("ce_id", ""), headers.get("ce_type", "")
    outcome = kind.removeprefix("notification.")
    try:
        _check(kind in _OUTCOMES, "ce_type is missing or unknown")
        _check(all(headers.get(each) for each in _NEEDED), "it is no CloudEvent in binary mode")
        value = _object(found)
        about, user = value.get("notification_id"), value.get("user_id")
        _check(isinstance(about, str) and _is_canonical(about), "notification_id is no UUID")
        _check(isinstance(user, str) and user.encode() == found.key, "user_id is not the key")
        at = _moment_or_none(value.get("at"))
        _check(at is not None, "at is no RFC 3339 time")
        _check(isinstance(value.get("attempt"), int), "attempt is no number")
        _check(bool(value.get("instance")), "instance is missing")
    except _ProblemError as problem:
        return Receipt(name, outcome, "", "", 0.0, problem=str(problem))
    return Receipt(
        name,
        outcome,
        str(about),
        str(user),
        at or 0.0,
        latency_ms=value.get("latency_ms"),
        superseded_by=value.get("superseded_by") or "",
    )


def _object(found: ConsumerRecord) -> dict[str, Any]:
    try:
        value = orjson.loads(found.value or b"")
    except orjson.JSONDecodeError as error:
        raise _ProblemError(f"the value is not JSON: {error}") from error
    _check(isinstance(value, dict), "the value is no JSON object")
    return dict(value)


def _erased_up_to(found: ConsumerRecord) -> str:
    up_to = str(_object(found).get("erased_up_to"))
    _check(_is_canonical(up_to), "erased_up_to is no UUID in its canonical form")
    return up_to


def _notification(found: ConsumerRecord) -> dict[str, Any]:
    value = _object(found)
    for name in _TEXTS:
        _check(isinstance(value.get(name), str), f"{name} is missing, or no text")
    _check(_is_canonical(value["id"]), "id is no UUID in its canonical form")
    _check(value["user_id"].encode() == found.key, "the key is not the user_id")
    expires_at = value.get("expires_at")
    readable = expires_at is None or _moment_or_none(expires_at) is not None
    _check(readable, "expires_at is no RFC 3339 time")
    return value


def _check(holds: bool, problem: str) -> None:
    if not holds:
        raise _ProblemError(problem)


def _is_canonical(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _moment_or_none(text: object) -> float | None:
    try:
        moment = datetime.fromisoformat(text)  # type: ignore[arg-type] # refused below
    except (TypeError, ValueError):
        return None
    return moment.timestamp() if moment.tzinfo is not None else None


def _texts(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    # The last of a name wins: delivery adds its own behind those of the record.
    return {name: (value or b"").decode(errors="replace") for name, value in headers}


def _fingerprint(found: ConsumerRecord) -> bytes:
    key, value = found.key, found.value
    parts = (b"\0" if part is None else b"\1%d:%b" % (len(part), part) for part in (key, value))
    return hashlib.blake2b(b"".join(parts), digest_size=16).digest()
