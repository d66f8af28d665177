"""Events, with the same content as the records of the topics."""

import json
from datetime import UTC, datetime
from typing import Any

from deploy.console.core.event import Event
from deploy.console.core.facts import Fact, fact_of
from producer_api.contract.ids import floor_id
from producer_api.contract.notification import rfc3339

#: 2026-11-02T08:00:00Z
START = 1_793_606_400_000


def id_at(milliseconds: int) -> str:
    """Return the id of a notification that was created so many milliseconds after the start."""
    return floor_id(START + milliseconds)


def time_at(milliseconds: int) -> str:
    """Return the time so many milliseconds after the start, in the format of records."""
    return rfc3339(datetime.fromtimestamp((START + milliseconds) / 1000, UTC)) or ""


def event(
    kind: str,
    value: Any,
    *,
    at: int = 0,
    place: tuple[int, int] = (0, 0),
    topic: str = "notifications",
    **headers: bytes,
) -> Event:
    """Return an event of this type, whose record was written `at` ms after the start."""
    named = [("ce_type", f"notification.{kind}".encode()), *headers.items()]
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Event(topic, *place, START + at, named, text)


def created(number: int, user: str = "ana", **more: Any) -> Event:
    """Return the created record of a notification, created `number` ms after the start."""
    options = {name: more.pop(name) for name in ("place", "inbox", "removed") if name in more}
    value = {
        "id": id_at(number),
        "user_id": user,
        "type": "order.shipped",
        "title": "Pedido despachado",
        "data": {},
        "created_at": time_at(number),
        "expires_at": None,
        "collapse_key": None,
        **more,
    }
    return event("created", value, at=number + 5, **options)


def receipt(kind: str, number: int, *, at: int, user: str = "ana", **more: Any) -> Event:
    """Return the receipt of a notification that was created `number` ms after the start."""
    value = {
        "notification_id": id_at(number),
        "user_id": user,
        "at": time_at(at),
        "latency_ms": at - number,
        "attempt": 0,
        "instance": "http://i1",
        **more,
    }
    return event(kind, value, at=at, place=(0, number), topic="notification-receipts")


def changed(kind: str, *marks: dict[str, Any], at: int, user: str = "ana") -> Event:
    """Return the record of a change."""
    value = {"user_id": user, "at": time_at(at), "changed": list(marks)}
    return event(kind, value, at=at, place=(0, 10_000 + at))


def mark(number: int, **marks: Any) -> dict[str, Any]:
    """Return what a change's record has for one notification."""
    none = {"seen_at": None, "read_at": None, "archived_at": None}
    return {"id": id_at(number), **none, **marks}


def erased(user: str = "ana", *, at: int, up_to: int | None = None) -> Event:
    """Return the record of an erasure."""
    up_to = at if up_to is None else up_to
    value = {"user_id": user, "at": time_at(at), "changed": [], "erased_up_to": id_at(up_to)}
    return event("erased", value, at=at, place=(0, 20_000 + at))


def read(*events: Event) -> list[tuple[Event, Fact]]:
    """Return each readable event with the fact that it states."""
    pairs = [(each, fact_of(each)) for each in events]
    return [(each, fact) for each, fact in pairs if fact is not None]
