"""The schemas, made of the models: one a type of event, each with its version."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from producer_api.contract.events import EventType, ReceiptType
from producer_api.schemas.models import (
    Changed,
    Created,
    DeadLetteredReceipt,
    Erased,
    Receipt,
    SupersededReceipt,
)

FOLDER = Path(__file__).parent
RELEASED = FOLDER / "released"
"""As they were released last: what consumers were promised."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True)
class Described:
    """One type of event. A change that breaks its consumers makes a new version, beside the old."""

    model: type[BaseModel]
    summary: str
    version: int = 1


TYPES: dict[EventType | ReceiptType, Described] = {
    EventType.CREATED: Described(Created, "A notification was created."),
    EventType.SEEN: Described(Changed, "Notifications were seen."),
    EventType.READ: Described(Changed, "Notifications were read, and so seen."),
    EventType.UNREAD: Described(Changed, "A notification was marked as unread."),
    EventType.ARCHIVED: Described(Changed, "A notification was archived."),
    EventType.UNARCHIVED: Described(Changed, "A notification was taken back from the archive."),
    EventType.ERASED: Described(Erased, "All of a user's was erased."),
    ReceiptType.DELIVERED: Described(Receipt, "A client of its user acknowledged it."),
    ReceiptType.PARKED: Described(Receipt, "Its user was away, or silent; it is still owed."),
    ReceiptType.EXPIRED: Described(Receipt, "It expired before its user had it."),
    ReceiptType.SUPERSEDED: Described(SupersededReceipt, "A newer one took its place."),
    ReceiptType.DEAD_LETTERED: Described(DeadLetteredReceipt, "Its record cannot be read."),
}


def file_of(kind: EventType | ReceiptType) -> str:
    """The name of the file of that type's schema."""
    return f"{kind}.v{TYPES[kind].version}.json"


def schemas() -> dict[str, dict[str, Any]]:
    """By the name of its file, the schema of each type."""
    return {file_of(kind): _schema(kind, described) for kind, described in TYPES.items()}


def _schema(kind: EventType | ReceiptType, described: Described) -> dict[str, Any]:
    made = _plain(described.model.model_json_schema())
    name = f"urn:notification-pipeline:{kind}:v{described.version}"
    head = {"$schema": _DIALECT, "$id": name, "title": str(kind)}
    return {**head, **made}


def _plain(schema: Any) -> Any:
    """Without the titles that pydantic makes of names; what has a default may be missing, and is
    there with a value or not at all.
    """
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "default" in schema and "anyOf" in schema:
        return _plain(next(each for each in schema["anyOf"] if each != {"type": "null"}))
    return {
        key: _plain(value)
        for key, value in schema.items()
        if key != "title" or not isinstance(value, str)
    }
