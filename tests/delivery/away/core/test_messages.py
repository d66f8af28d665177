"""The messages by which users are told: payloads of bounded size, topics and headers."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from delivery.away.core.entry import Entry, Until, Way
from delivery.away.core.messages import (
    PAYLOAD_BYTES,
    push_payload,
    push_topic,
    push_ttl,
    push_urgency,
    webhook_body,
)
from producer_api.contract.notification import Document

_NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
_ID = "0198c0de-0000-7000-8000-000000000000"


def _document(**fields: Any) -> Document:
    document: Any = {
        "_id": _ID,
        "user_id": "ana",
        "type": "order.shipped",
        "title": "Pedido despachado",
        "body": "Va en camino",
        "data": "{}",
        "action_url": "/orders/1234",
        "created_at": _NOW,
        "collapse_key": None,
        "superseded_by": None,
    }
    times = ("expires_at", "delivered_at", "seen_at", "read_at", "archived_at")
    result: Document = document | dict.fromkeys(times) | fields
    return result


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=2_000)


@given(texts, st.text(st.characters(exclude_categories=["Cs"]), max_size=200), texts)
def test_a_payload_is_json_within_its_limit(body: str, title: str, url: str) -> None:
    payload = push_payload(_document(body=body, title=title, action_url=url))
    assert len(payload) <= PAYLOAD_BYTES
    shown = orjson.loads(payload)
    assert shown["title"] == title
    assert shown["body"] == body or body.startswith(shown["body"].removesuffix("…"))


def test_the_body_is_shortened_only_as_far_as_needed() -> None:
    payload = push_payload(_document(body="ñ€😀" * 600))
    assert PAYLOAD_BYTES - 5 < len(payload) <= PAYLOAD_BYTES
    assert orjson.loads(payload)["body"].endswith("…")
    assert orjson.loads(payload)["action_url"] == "/orders/1234"


def test_the_largest_title_and_url_still_fit() -> None:
    largest = _document(title="\x00" * 200, action_url="/" + "ñ" * 2_047, body="x" * 2_000)
    shown = orjson.loads(push_payload(largest))
    assert shown["action_url"] is None
    assert shown["title"] == "\x00" * 200


def test_the_tag_is_the_collapse_key_or_the_id() -> None:
    assert orjson.loads(push_payload(_document()))["tag"] == _ID
    assert orjson.loads(push_payload(_document(collapse_key="order 1")))["tag"] == "order 1"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=128))
def test_a_topic_has_32_url_safe_characters(tag: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", push_topic(tag))


def test_a_push_is_kept_until_the_notification_expires() -> None:
    soon = _document(expires_at=_NOW + timedelta(seconds=90))
    assert push_ttl(soon, _NOW, 86_400) == 90
    assert push_ttl(soon, _NOW, 60) == 60
    assert push_ttl(_document(), _NOW, 86_400) == 86_400
    assert push_ttl(soon, _NOW + timedelta(hours=1), 86_400) == 0


def test_only_critical_notifications_are_urgent() -> None:
    assert push_urgency(_document(severity="critical")) == "high"
    assert push_urgency(_document()) == "normal"


def test_the_webhook_says_what_did_not_happen() -> None:
    entry = Entry(Way.WEBHOOK, _ID, "ana", "order", _NOW + timedelta(minutes=5))
    body = orjson.loads(webhook_body(entry, _document(), Until.DELIVERED))
    assert body["type"] == "notification.undelivered"
    assert body["timestamp"] == "2026-11-02T08:05:00.000Z"
    assert (body["data"]["id"], body["data"]["user_id"]) == (_ID, "ana")
    unseen = orjson.loads(webhook_body(entry, _document(), Until.SEEN))
    assert unseen["type"] == "notification.unseen"
