"""What may be passed by the offset or the map, and what may not: each violation planted alone."""

from dataclasses import replace

from tests.auditor.facts import Rules, Stored
from tests.auditor.judge import judge
from tests.auditor.scene import (
    B3,
    C5,
    CLEAN,
    NOW,
    a_record,
    an_erasure,
    an_id,
    with_record,
    with_stored,
    without_entries,
    without_stored,
)
from tests.auditor.verdict import Fate, Kind

COMPLETE = Rules(complete=True)
HOLD = Rules(hold=True)


def test_passed_but_in_no_inbox() -> None:
    verdict = judge(without_stored(B3))
    assert verdict.kinds == {Kind.SETTLED_WITHOUT_REASON, Kind.MISSING_FROM_INBOX}
    (finding,) = verdict.of(Kind.SETTLED_WITHOUT_REASON)
    assert finding.place == "partition 0 offset 3"
    assert "below the committed offset" in finding.explanation


def test_marked_in_the_map_but_not_acked() -> None:
    facts = without_entries("acked", C5)
    (finding,) = judge(facts).of(Kind.SETTLED_WITHOUT_REASON)
    assert (finding.place, "marked in the map" in finding.explanation) == (
        "partition 0 offset 5",
        True,
    )


def test_what_waits_needs_no_reason() -> None:
    facts = with_record(a_record(4, 4, id="", problem="no JSON"))
    assert Kind.SETTLED_WITHOUT_REASON not in judge(facts).kinds


def test_unreadable_and_passed_but_no_dead_letter() -> None:
    assert judge(replace(CLEAN, dead_letters=())).kinds == {Kind.SETTLED_WITHOUT_REASON}


def test_expired_superseded_and_erased_may_be_passed() -> None:
    expired = Stored(B3, "berto", expires_at=NOW - 1)
    newer = an_id(9)
    superseded = with_stored(Stored(B3, "berto", superseded_by=newer), Stored(newer, "berto"))
    erased = with_record(an_erasure(7, 9, "berto"))
    gone_by_ttl = with_record(a_record(3, 3, "berto", expires_at=NOW - 1), without_stored(B3))
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


def test_what_was_created_after_the_erasure_is_not_erased() -> None:
    early = with_record(an_erasure(0, 0.5, "berto"))
    assert Kind.MISSING_FROM_INBOX in judge(without_stored(B3, early)).kinds


def test_anothers_erasure_explains_nothing() -> None:
    erased = with_record(an_erasure(7, 9, "ana"))
    assert Kind.SETTLED_WITHOUT_REASON in judge(without_stored(B3, erased)).kinds


def test_parked_under_hold() -> None:
    assert judge(CLEAN, HOLD).kinds == {Kind.PARKED_UNDER_HOLD}
