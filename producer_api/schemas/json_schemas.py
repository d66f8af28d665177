"""The JSON Schemas of the topics, generated from the models: one per type of event and version."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from producer_api.contract.events import EventType, ReceiptType
from producer_api.schemas.models import (
    Changed,
    Created,
    DeadLetteredReceipt,
    DeliveredReceipt,
    Erased,
    Receipt,
    SupersededReceipt,
)

FOLDER = Path(__file__).parent
RELEASED = FOLDER / "released"
"""The schemas of the last release, which later schemas must stay compatible with."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True)
class Described:
    """A type of event. For a change that breaks consumers, add a version and keep the old one."""

    model: type[BaseModel]
    summary: str
    version: int = 1


EVENTS: dict[EventType, Described] = {
    EventType.CREATED: Described(Created, "A notification was created."),
    EventType.SEEN: Described(Changed, "Notifications were seen."),
    EventType.READ: Described(Changed, "Notifications were read, which also marks them as seen."),
    EventType.UNREAD: Described(Changed, "A notification was marked as unread."),
    EventType.ARCHIVED: Described(Changed, "A notification was archived."),
    EventType.UNARCHIVED: Described(Changed, "A notification was moved out of the archive."),
    EventType.WITHDRAWN: Described(Changed, "The shop withdrew a notification."),
    EventType.ERASED: Described(Erased, "All data of a user was erased."),
}

# Receipts have their own dict, because an event and a receipt may have the same type. In one dict,
# they would have the same key.
RECEIPTS: dict[ReceiptType, Described] = {
    ReceiptType.DELIVERED: Described(
        DeliveredReceipt, "A client of the user acknowledged the notification."
    ),
    ReceiptType.PARKED: Described(
        Receipt, "The user was offline or did not acknowledge; the notification is still owed."
    ),
    ReceiptType.EXPIRED: Described(Receipt, "The notification expired before it was delivered."),
    ReceiptType.SUPERSEDED: Described(
        SupersededReceipt, "A newer notification took its place before it was delivered."
    ),
    ReceiptType.WITHDRAWN: Described(
        Receipt, "The shop withdrew the notification before it was delivered."
    ),
    ReceiptType.DEAD_LETTERED: Described(
        DeadLetteredReceipt, "The record of the notification cannot be parsed."
    ),
    ReceiptType.MUTED: Described(
        Receipt, "The user had muted its category when it was created, so it was not pushed."
    ),
}


KINDS: tuple[EventType | ReceiptType, ...] = (*EVENTS, *RECEIPTS)


def described_of(kind: EventType | ReceiptType) -> Described:
    """Return the description of this type of event or receipt."""
    return RECEIPTS[kind] if isinstance(kind, ReceiptType) else EVENTS[kind]


def name_of(kind: EventType | ReceiptType) -> str:
    """Return the name of this type's schema. No other type has a schema of the same name."""
    is_both = isinstance(kind, ReceiptType) and str(kind) in EVENTS
    return f"{kind}_receipt" if is_both else str(kind)


def file_of(kind: EventType | ReceiptType) -> str:
    """Return the name of the file with the schema of this type."""
    return f"{name_of(kind)}.v{described_of(kind).version}.json"


def schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of each type, by the name of its file."""
    return {file_of(kind): _schema(kind) for kind in KINDS}


def _schema(kind: EventType | ReceiptType) -> dict[str, Any]:
    described = described_of(kind)
    schema = _plain(described.model.model_json_schema())
    name = f"urn:notification-pipeline:{name_of(kind)}:v{described.version}"
    head = {"$schema": _DIALECT, "$id": name, "title": str(kind)}
    return {**head, **schema}


def _plain(schema: Any) -> Any:
    """Return the schema without pydantic's additions that do not apply to the records.

    Pydantic adds titles made from names, and null as a value of optional fields. In the records, an
    optional field without a value is absent.
    """
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "default" in schema and "anyOf" in schema:
        return _plain(next(branch for branch in schema["anyOf"] if branch != {"type": "null"}))
    return {
        key: _plain(value)
        for key, value in schema.items()
        if key != "title" or not isinstance(value, str)
    }
