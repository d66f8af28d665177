"""docs/asyncapi.yaml: the topics, as an AsyncAPI 3 document that refers to the schemas."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from producer_api.contract.events import EventType, ReceiptType
from producer_api.schemas.json_schemas import TYPES, file_of

DOCUMENT = Path(__file__).parents[2] / "docs" / "asyncapi.yaml"

_CLOUD_EVENT = {
    "ce_id": "Of the event, once per source: by it, repeats are dropped.",
    "ce_source": "Which program tells it.",
    "ce_type": "What has happened.",
    "ce_specversion": "1.0",
    "ce_time": "When, as RFC 3339.",
    "content-type": "application/json",
}
_OPTIONAL = {
    "traceparent": "W3C Trace Context of the request that caused it, where it had one.",
    "inbox": "Of a created one that has superseded others: the event that says so, as JSON.",
    "replayed_from": "Of one that an operator has put on the topic again: where it had stood.",
}
_DEAD_LETTER = {
    "dlq_reason": "Why it cannot be read.",
    "dlq_topic": "Where it stood: the topic,",
    "dlq_partition": "its partition,",
    "dlq_offset": "and the offset.",
}
_KEY = {"type": "string", "description": "The user's id in UTF-8; murmur2 gives the partition."}
_UNREADABLE = "notification.unreadable"


def document() -> dict[str, Any]:
    """The document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Notifications",
            "version": "1.0.0",
            "description": "What other teams may read. docs/data-team.md says what to rely on.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {
            "notifications": _channel(
                "notifications",
                "Every notification, and every change of an inbox; in order, a user.",
                EventType,
            ),
            "receipts": _channel(
                "notification-receipts",
                "What became of each notification, at least once.",
                ReceiptType,
            ),
            "deadLetters": {
                "address": "notifications-dlq",
                "description": "Records of the topic that cannot be read, bytes untouched.",
                "messages": {"unreadable": {"$ref": "#/components/messages/unreadable"}},
            },
        },
        "operations": {
            "notify": _operation("notifications", "Tell what was created and changed."),
            "receipt": _operation("receipts", "Tell what became of notifications."),
            "bury": _operation("deadLetters", "Put aside what cannot be read."),
        },
        "components": {
            "messages": {
                **{_key(kind): _message(kind) for kind in TYPES},
                "unreadable": _dead_letter(),
            },
        },
    }


def text() -> str:
    """The document as YAML."""
    head = "# Made by `python -m producer_api.schemas`: change it there."
    return f"{head}\n" + yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=100)


def _channel(
    address: str, description: str, kinds: Iterable[EventType | ReceiptType]
) -> dict[str, Any]:
    messages = {_key(kind): {"$ref": f"#/components/messages/{_key(kind)}"} for kind in kinds}
    return {"address": address, "description": description, "messages": messages}


def _operation(channel: str, summary: str) -> dict[str, Any]:
    reference = {"$ref": f"#/channels/{channel}"}
    return {"action": "send", "channel": reference, "summary": summary}


def _message(kind: EventType | ReceiptType) -> dict[str, Any]:
    properties = _texts(_CLOUD_EVENT | (_OPTIONAL if isinstance(kind, EventType) else {}))
    properties["ce_type"] = {"const": str(kind)}
    reference = {"$ref": f"../producer_api/schemas/{file_of(kind)}"}
    return {
        "name": str(kind),
        "summary": TYPES[kind].summary,
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "required": list(_CLOUD_EVENT),
            "properties": properties,
        },
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": reference,
        },
        "bindings": {"kafka": {"key": _KEY, "bindingVersion": "0.5.0"}},
    }


def _dead_letter() -> dict[str, Any]:
    return {
        "name": _UNREADABLE,
        "summary": "A record that cannot be read; `ce_type` is its own where it is a CloudEvent.",
        "headers": {
            "type": "object",
            "required": [*_CLOUD_EVENT, *_DEAD_LETTER],
            "properties": _texts(_CLOUD_EVENT | _DEAD_LETTER),
        },
        "bindings": {"kafka": {"key": {"description": "Untouched."}, "bindingVersion": "0.5.0"}},
    }


def _texts(described: dict[str, str]) -> dict[str, Any]:
    return {name: {"type": "string", "description": text} for name, text in described.items()}


def _key(kind: EventType | ReceiptType) -> str:
    return kind.removeprefix("notification.")
