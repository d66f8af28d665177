"""The auditor finds records passed without a reason. Each test plants one violation."""

from dataclasses import replace

from tests.auditor.clean_run import (
    B3,
    C5,
    CLEAN,
    NOW,
    created_record,
    erasure_record,
    id_at,
    with_record,
    with_stored,
    without_client_entries,
    without_stored,
)
from tests.auditor.facts import Rules, StoredNotification
from tests.auditor.judge import judge
from tests.auditor.verdict import Fate, Kind

COMPLETE = Rules(complete=True)
HOLD = Rules(hold=True)


def test_a_passed_record_missing_from_mongodb_is_found() -> None:
    verdict = judge(without_stored(B3))
    assert verdict.kinds == {Kind.SETTLED_WITHOUT_REASON, Kind.MISSING_FROM_INBOX}
    (finding,) = verdict.of(Kind.SETTLED_WITHOUT_REASON)
    assert finding.place == "partition 0 offset 3"
    assert "below the committed offset" in finding.explanation


def test_a_marked_record_without_an_ack_is_found() -> None:
    facts = without_client_entries("acked", C5)
    (finding,) = judge(facts).of(Kind.SETTLED_WITHOUT_REASON)
    assert (finding.place, "marked in the map" in finding.explanation) == (
        "partition 0 offset 5",
        True,
    )


def test_an_unsettled_record_needs_no_reason() -> None:
    facts = with_record(created_record(4, 4, id="", problem="not JSON"))
    assert Kind.SETTLED_WITHOUT_REASON not in judge(facts).kinds


def test_a_passed_unreadable_record_without_a_dead_letter_is_found() -> None:
    assert judge(replace(CLEAN, dead_letters=())).kinds == {Kind.SETTLED_WITHOUT_REASON}


def test_expired_superseded_and_erased_records_may_be_passed() -> None:
    expired = StoredNotification(B3, "berto", expires_at=NOW - 1)
    newer = id_at(9)
    superseded = with_stored(
        StoredNotification(B3, "berto", superseded_by=newer), StoredNotification(newer, "berto")
    )
    erased = with_record(erasure_record(7, 9, "berto"))
    gone_by_ttl = with_record(created_record(3, 3, "berto", expires_at=NOW - 1), without_stored(B3))
    cases = {
        Fate.EXPIRED: (with_stored(expired), gone_by_ttl),
        Fate.SUPERSEDED: (superseded,),
        Fate.ERASED: (without_stored(B3, erased),),
    }
    for fate, runs in cases.items():
        for facts in runs:
            verdict = judge(facts, COMPLETE)
            assert verdict.findings == ()
            assert verdict.counts.fates[fate] == 1


def test_an_erasure_does_not_explain_a_later_notification() -> None:
    early = with_record(erasure_record(0, 0.5, "berto"))
    assert Kind.MISSING_FROM_INBOX in judge(without_stored(B3, early)).kinds


def test_the_erasure_of_another_user_explains_nothing() -> None:
    erased = with_record(erasure_record(7, 9, "ana"))
    assert Kind.SETTLED_WITHOUT_REASON in judge(without_stored(B3, erased)).kinds


def test_a_parked_record_under_hold_is_found() -> None:
    assert judge(CLEAN, HOLD).kinds == {Kind.PARKED_UNDER_HOLD}
