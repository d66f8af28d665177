"""Which notifications are told, which are held back, and which are dropped."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.away.core.decide_telling import (
    Decision,
    Drop,
    Dropped,
    Postpone,
    Tell,
    TellingRules,
    decide,
)
from delivery.away.core.entry import Entry, Until, Way

_NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
_EARLIER = _NOW - timedelta(minutes=5)
_ID = "0198c0de-0000-7000-8000-000000000000"
_DOCUMENT: dict[str, Any] = {
    "_id": _ID,
    "user_id": "ana",
    "type": "offer.new",
    "title": "t",
    "body": "",
    "data": "{}",
    "action_url": None,
    "created_at": _EARLIER,
    "expires_at": None,
    "collapse_key": None,
    "delivered_at": None,
    "seen_at": None,
    "read_at": None,
    "archived_at": None,
    "superseded_by": None,
}
_ALWAYS = {"from": "00:00", "to": "23:59", "time_zone": "UTC"}
_END = datetime(2026, 11, 2, 23, 59, tzinfo=UTC)
_FACTS: list[tuple[dict[str, Any], Dropped]] = [
    ({"seen_at": _NOW}, Dropped.SEEN),
    ({"read_at": _NOW}, Dropped.SEEN),
    ({"archived_at": _NOW}, Dropped.ARCHIVED),
    ({"superseded_by": _ID}, Dropped.SUPERSEDED),
    ({"removed": "withdrawn"}, Dropped.REMOVED),
    ({"removed": "muted"}, Dropped.REMOVED),
    ({"expires_at": _NOW}, Dropped.EXPIRED),
    ({"user_id": "bea"}, Dropped.ERASED),
    ({"data": "no JSON"}, Dropped.UNREADABLE),
]


def _entry(way: Way = Way.WEBHOOK, due_at: datetime = _EARLIER) -> Entry:
    return Entry(way, _ID, "ana", "offer", due_at)


def _decide(way: Way = Way.WEBHOOK, rules: TellingRules | None = None, **fields: Any) -> Decision:
    return decide(_entry(way), _DOCUMENT | fields, {}, _NOW, rules or TellingRules())


@pytest.mark.parametrize("way", Way)
@pytest.mark.parametrize(("fields", "reason"), _FACTS)
def test_a_notification_that_the_user_no_longer_needs_is_dropped(
    way: Way, fields: dict[str, Any], reason: Dropped
) -> None:
    assert _decide(way, **fields) == Drop(reason)


def test_an_erased_notification_is_dropped() -> None:
    assert decide(_entry(), None, {}, _NOW, TellingRules()) == Drop(Dropped.ERASED)


def test_a_delivered_notification_is_told_only_if_it_must_be_seen() -> None:
    assert _decide(delivered_at=_NOW) == Drop(Dropped.DELIVERED)
    assert _decide(rules=TellingRules(Until.SEEN), delivered_at=_NOW) == Tell()
    assert _decide(rules=TellingRules(Until.SEEN), seen_at=_NOW) == Drop(Dropped.SEEN)


def test_a_notification_is_dropped_if_its_category_was_muted_since() -> None:
    for muted, expected in ((["offer"], Drop(Dropped.MUTED)), (["order"], Tell()), (7, Tell())):
        assert decide(_entry(), _DOCUMENT, {"muted": muted}, _NOW, TellingRules()) == expected


def test_quiet_hours_hold_back_only_web_push() -> None:
    preferences = {"quiet_hours": _ALWAYS}
    rules = TellingRules(pass_quiet_hours=frozenset({"order"}))
    assert decide(_entry(Way.PUSH), _DOCUMENT, preferences, _NOW, rules) == Postpone(_END)
    assert decide(_entry(), _DOCUMENT, preferences, _NOW, rules) == Tell()
    passing = _entry(Way.PUSH)._replace(category="order")
    assert decide(passing, _DOCUMENT, preferences, _NOW, rules) == Tell()


def test_an_entry_that_an_erasure_made_due_early_is_not_told_early() -> None:
    later = _NOW + timedelta(minutes=1)
    assert decide(_entry(due_at=later), _DOCUMENT, {}, _NOW, TellingRules()) == Postpone(later)
    assert decide(_entry(due_at=later), None, {}, _NOW, TellingRules()) == Drop(Dropped.ERASED)


_values = st.none() | st.integers() | st.text(max_size=3) | st.just(_NOW) | st.lists(st.integers())


@given(st.dictionaries(st.sampled_from(sorted(_DOCUMENT)), _values), _values, _values)
def test_damaged_documents_and_preferences_stop_nothing(
    damage: dict[str, Any], muted: Any, quiet: Any
) -> None:
    preferences = {"muted": muted, "quiet_hours": quiet}
    decision = decide(_entry(Way.PUSH), _DOCUMENT | damage, preferences, _NOW, TellingRules())
    assert isinstance(decision, Drop | Postpone | Tell)
