"""Answers to repeated requests."""

from datetime import UTC, datetime

import pytest

from producer_api.contract.notification import public_json
from producer_api.idempotency.core.replay import Verdict, judge, outcome_of
from producer_api.intake.keyed_request import StoredRequest
from producer_api.intake.outcomes import Created, FieldFinding, GoneError, NotValidError
from tests.producer_api.documents import document

_FIRST, _SECOND = (f"0198c0de-0000-7000-8000-00000000000{number}" for number in "12")
_LATER = datetime(2026, 2, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fingerprint", "open_seconds", "verdict"),
    [
        ("same", None, Verdict.REPLAY),
        ("other", None, Verdict.REUSED),
        ("other", 0.0, Verdict.REUSED),
        ("same", 0.0, Verdict.IN_PROGRESS),
        ("same", 3.9, Verdict.IN_PROGRESS),
        ("same", 4.0, Verdict.QUEUE_AND_REPLAY),
        ("same", 1e9, Verdict.QUEUE_AND_REPLAY),
    ],
)
def test_verdict_depends_on_fingerprint_and_age(
    fingerprint: str, open_seconds: float | None, verdict: Verdict
) -> None:
    stored = StoredRequest("same", "intent", ["id"])
    assert judge(stored, fingerprint, open_seconds, patience_seconds=4.0) is verdict


def test_a_request_of_an_erased_user_matches_any_body() -> None:
    assert judge(StoredRequest(None, "intent", ["id"]), "other", None, 4.0) is Verdict.REPLAY


def test_a_replay_shows_the_notification_as_it_was_created() -> None:
    created = document(_id=_FIRST, data='{"a":1.0}', expires_at=_LATER)
    marks = ("delivered_at", "seen_at", "read_at", "archived_at")
    now = document(**{**created, **dict.fromkeys(marks, _LATER), "superseded_by": _SECOND})
    outcome = outcome_of(_FIRST, {_FIRST: now})
    assert isinstance(outcome, Created)
    assert outcome.public_json == public_json(created)


def test_a_replay_keeps_the_positions_of_items() -> None:
    invalid = NotValidError([FieldFinding("notifications.1.title", "too long")])
    stored = StoredRequest("f", "i", [_FIRST, invalid, _SECOND])
    assert stored.ids == [_FIRST, _SECOND]
    existing = {_SECOND: document(_id=_SECOND)}
    first, second, third = (outcome_of(item, existing) for item in stored.items)
    assert isinstance(first, GoneError)
    assert second is invalid
    assert isinstance(third, Created)
    assert third.document["_id"] == _SECOND


def test_a_replay_of_a_damaged_notification_says_that_it_is_gone() -> None:
    outcome = outcome_of(_FIRST, {_FIRST: document(_id=_FIRST, title=None)})
    assert isinstance(outcome, GoneError)
