"""What is told: the body of a webhook, and the payload of a push message."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import orjson

from delivery.away.core.entry import Entry, Until
from producer_api.contract.notification import Document, public, rfc3339

#: Push services accept 4,096 bytes, and encryption adds about a hundred.
PAYLOAD_BYTES = 3 * 1024
_TOPIC_CHARACTERS = 32
#: What is left out of a payload that is too large, in this order, before its body is shortened.
_OPTIONAL = ("actions", "image_url", "image_alt")
_SHOWN = ("id", "type", "severity", "title", "action_url", "created_at")
_ELLIPSIS = "…"


def webhook_body(entry: Entry, document: Document, until: Until) -> str:
    """Return the body of the webhook, as Standard Webhooks recommends it."""
    name = "undelivered" if until is Until.DELIVERED else "unseen"
    return orjson.dumps(
        {
            "type": f"notification.{name}",
            "timestamp": rfc3339(entry.due_at),
            "data": public(document),
        }
    ).decode()


def push_tag(document: Mapping[str, Any]) -> str:
    """Return the tag: the browser shows only the last notification with the same tag."""
    return str(document["collapse_key"] or document["_id"])


def push_topic(tag: str) -> str:
    """Return the `Topic` header. A push service keeps only the last message of a topic.

    RFC 8030, section 5.4, allows 32 characters of the URL-safe base64 alphabet.
    """
    digest = hashlib.sha256(tag.encode()).digest()
    return urlsafe_b64encode(digest).decode()[:_TOPIC_CHARACTERS]


def push_payload(document: Document) -> bytes:
    """Return the payload as JSON, at most `PAYLOAD_BYTES` long. Shortens the body if needed."""
    shown = public(document)
    payload = {name: shown[name] for name in _SHOWN}
    payload |= {name: shown[name] for name in _OPTIONAL if shown.get(name)}
    payload |= {"tag": push_tag(document), "body": document["body"]}
    for name in _OPTIONAL:
        if len(orjson.dumps(payload | {"body": ""})) > PAYLOAD_BYTES // 2:
            payload.pop(name, None)
    if len(orjson.dumps(payload | {"body": ""})) > PAYLOAD_BYTES:
        payload["action_url"] = None  # a click then opens the shop's first page
    return _with_fitting_body(payload)


def _with_fitting_body(payload: dict[str, Any]) -> bytes:
    whole = orjson.dumps(payload)
    if len(whole) <= PAYLOAD_BYTES:
        return whole
    text, fits, too_many = payload["body"], 0, len(payload["body"])
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        size = len(orjson.dumps(payload | {"body": text[:middle] + _ELLIPSIS}))
        fits, too_many = (middle, too_many) if size <= PAYLOAD_BYTES else (fits, middle)
    return orjson.dumps(payload | {"body": text[:fits] + _ELLIPSIS if fits else ""})


def push_ttl(document: Document, now: datetime, longest: float) -> int:
    """Return for how many seconds the push service keeps the message: until the expiry at most."""
    expires_at = document["expires_at"]
    rest = longest if expires_at is None else (expires_at - now).total_seconds()
    return max(0, int(min(rest, longest)))


def push_urgency(document: Document) -> str:
    """Return the `Urgency` header. Devices that save power may hold back what is not `high`."""
    return "high" if document.get("severity") == "critical" else "normal"


def as_document(document: Mapping[str, Any]) -> Document:
    """Return a stored notification that `decide` has checked, as its type."""
    return cast(Document, document)
