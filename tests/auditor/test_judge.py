"""The judge finds each kind of violation, planted alone in a run without fault."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.auditor.facts import Accepted, Commit, DeadLetter, Extent, Facts, Rules, Sample, Stored
from tests.auditor.judge import judge
from tests.auditor.scene import (
    A1,
    A2,
    A4,
    B3,
    C5,
    CLEAN,
    NOW,
    START,
    a_map,
    a_record,
    an_id,
    ana,
    with_entries,
    with_record,
    with_stored,
    without_entries,
    without_stored,
)
from tests.auditor.verdict import Fate, Kind

COMPLETE = Rules(complete=True)
HOLD = Rules(hold=True)


def kinds(facts: Facts, rules: Rules | None = None) -> set[Kind]:
    """What the judge finds."""
    return set(judge(facts, rules).kinds)


# ── a clean run ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rules", [None, COMPLETE, Rules(max_duplicates=0)])
def test_a_run_without_fault_is_clean(rules: Rules | None) -> None:
    verdict = judge(CLEAN, rules)
    assert verdict.findings == ()
    verdict.assert_clean()


def test_counts_what_it_has_seen() -> None:
    counts = judge(CLEAN).counts
    assert (counts.records, counts.settled, counts.settled_by_map, counts.unsettled) == (7, 6, 2, 1)
    assert counts.fates == {
        Fate.ACKED: 3,
        Fate.PARKED: 1,
        Fate.DEAD_LETTERED: 1,
        Fate.STATE_CHANGE: 1,
    }
    assert (counts.stored, counts.delivered, counts.owed, counts.accepted) == (5, 3, 2, 5)
    assert (counts.clients, counts.connections, counts.received, counts.acked) == (2, 2, 4, 3)


def test_nothing_at_all_is_clean() -> None:
    assert judge(Facts(now=NOW), COMPLETE).clean


# ── settled ────────────────────────────────────────────────────────────────────────────────


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
    assert Kind.SETTLED_WITHOUT_REASON not in kinds(facts)


def test_unreadable_and_passed_but_no_dead_letter() -> None:
    assert kinds(replace(CLEAN, dead_letters=())) == {Kind.SETTLED_WITHOUT_REASON}


def test_expired_superseded_and_erased_may_be_passed() -> None:
    expired = Stored(B3, "berto", expires_at=NOW - 1)
    newer = an_id(9)
    superseded = with_stored(Stored(B3, "berto", superseded_by=newer), Stored(newer, "berto"))
    erased = with_record(a_record(7, 9, "berto", kind="notification.erased", id=""))
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
    early = with_record(a_record(0, 0.5, "berto", kind="notification.erased", id=""))
    assert Kind.MISSING_FROM_INBOX in kinds(without_stored(B3, early))


def test_anothers_erasure_explains_nothing() -> None:
    erased = with_record(a_record(7, 9, "ana", kind="notification.erased", id=""))
    assert Kind.SETTLED_WITHOUT_REASON in kinds(without_stored(B3, erased))


def test_parked_under_hold() -> None:
    assert kinds(CLEAN, HOLD) == {Kind.PARKED_UNDER_HOLD}


# ── offsets ────────────────────────────────────────────────────────────────────────────────


def _held() -> Facts:
    """Berto has come and acknowledged: clean under hold as well."""
    delivered = with_stored(Stored(B3, "berto", delivered_at=START + 11.5))
    came = tuple(
        replace(ana(event, B3, after=11.4), client="berto-1", user="berto")
        for event in ("received", "acked")
    )
    return with_entries(*came, facts=delivered)


def test_under_hold_what_was_acked_first_is_clean() -> None:
    assert kinds(_held(), HOLD) == set()


def test_under_hold_committed_before_the_ack() -> None:
    early = replace(_held(), samples=(Sample(START + 10.5, 0, 4),))
    verdict = judge(early, HOLD)
    assert verdict.kinds == {Kind.COMMITTED_BEFORE_ACK}
    assert [finding.place for finding in verdict.findings] == [
        "partition 0 offset 1",
        "partition 0 offset 3",
    ]
    assert kinds(early) == set(), "without hold it may have been parked first"


def test_committed_past_the_end() -> None:
    for commit in (Commit(0, 8), Commit(0, 4, a_map("B", b"\x61")), Commit(1, 1)):
        facts = replace(CLEAN, commits=(commit,), samples=())
        assert Kind.COMMITTED_PAST_END in kinds(facts)


def test_committed_offset_went_back_between_samples() -> None:
    samples = (*CLEAN.samples[:2], Sample(START + 11.5, 0, 1), CLEAN.samples[2])
    verdict = judge(replace(CLEAN, samples=samples))
    assert verdict.kinds == {Kind.OFFSET_WENT_BACK}
    assert "2 at 2027-01-15T08:00:11.000" in verdict.findings[0].explanation


def test_committed_offset_went_back_after_the_last_sample() -> None:
    samples = (*CLEAN.samples, Sample(START + 13, 0, 5))
    assert kinds(replace(CLEAN, samples=samples)) == {Kind.OFFSET_WENT_BACK}


def test_offsets_of_other_partitions_are_not_compared() -> None:
    samples = (*CLEAN.samples, Sample(START + 13, 1, 0))
    assert kinds(replace(CLEAN, samples=samples)) == set()


def test_map_unreadable() -> None:
    assert Kind.MAP_UNREADABLE in kinds(replace(CLEAN, commits=(Commit(0, 4, "AgA="),)))


# ── delivered ──────────────────────────────────────────────────────────────────────────────


def test_delivered_without_an_ack() -> None:
    facts = with_stored(Stored(B3, "berto", delivered_at=START + 12))
    assert kinds(facts) == {Kind.DELIVERED_WITHOUT_ACK, Kind.SETTLED_WITHOUT_REASON}


def test_an_ack_of_another_user_is_none() -> None:
    facts = with_stored(Stored(B3, "berto", delivered_at=START + 30))
    facts = with_entries(ana("received", B3), ana("acked", B3), facts=facts)
    assert Kind.DELIVERED_WITHOUT_ACK in kinds(facts)


def test_delivered_before_the_ack() -> None:
    early = with_stored(Stored(A1, "ana", delivered_at=START + 9.7))
    assert kinds(early) == {Kind.DELIVERED_BEFORE_ACK}
    assert kinds(early, Rules(clock_noise_seconds=0.3)) == set()


def test_the_first_ack_counts() -> None:
    again = ana("received", A1), ana("acked", A1)
    assert kinds(with_entries(*again)) == set()


def test_an_ack_that_was_not_recorded() -> None:
    facts = with_entries(ana("acked", A4))
    assert kinds(facts) == set(), "it may have been lost on the way"
    assert kinds(facts, COMPLETE) == {Kind.ACK_NOT_RECORDED}
    assert kinds(with_entries(ana("disconnected"), facts=facts), COMPLETE) == set()


# ── present ────────────────────────────────────────────────────────────────────────────────


def test_accepted_but_missing_from_the_topic() -> None:
    facts = replace(CLEAN, accepted=(*CLEAN.accepted, Accepted(an_id(7), "ana")))
    facts = with_stored(Stored(an_id(7), "ana"), facts=facts)
    assert kinds(facts) == {Kind.MISSING_FROM_TOPIC}
    trimmed = replace(facts, extents=(Extent(0, 1, 7),))
    assert kinds(trimmed) == set(), "it may have been there"


def test_accepted_but_missing_everywhere() -> None:
    facts = replace(CLEAN, accepted=(*CLEAN.accepted, Accepted(an_id(7), "ana")))
    assert kinds(facts) == {Kind.MISSING_FROM_TOPIC, Kind.MISSING_FROM_INBOX}
    erased = with_record(a_record(7, 9, "ana", kind="notification.erased", id=""), facts)
    assert kinds(erased) == set()


def test_waiting_on_the_log_but_missing_from_mongodb() -> None:
    assert kinds(without_stored(A4)) == {Kind.MISSING_FROM_INBOX}


def test_missing_from_the_client_at_the_end() -> None:
    facts = without_entries("received", A4)
    assert kinds(facts) == set()
    assert kinds(facts, COMPLETE) == {Kind.MISSING_FROM_CLIENT}
    assert kinds(facts, Rules(complete=frozenset({"carla"}))) == set()


def test_users_who_left_need_not_have_all() -> None:
    facts = with_entries(ana("disconnected"), facts=without_entries("received", A4))
    assert kinds(facts, COMPLETE) == set()
    assert kinds(facts, Rules(complete=frozenset({"ana"}))) == {Kind.MISSING_FROM_CLIENT}
    back = with_entries(ana("connected"), facts=facts)
    assert kinds(back, COMPLETE) == {Kind.MISSING_FROM_CLIENT}


def test_one_of_the_users_clients_is_enough() -> None:
    second = replace(ana("connected"), client="ana-2")
    assert kinds(with_entries(second), COMPLETE) == set()


def test_received_but_created_by_nobody() -> None:
    assert kinds(with_entries(ana("received", an_id(8)))) == {Kind.CREATED_BY_NOBODY}
    assert kinds(with_entries(ana("acked", an_id(8)))) == {Kind.CREATED_BY_NOBODY}


def test_another_users_notification() -> None:
    verdict = judge(with_entries(ana("received", C5), ana("acked", C5)))
    assert verdict.kinds == {Kind.FOREIGN_NOTIFICATION}
    assert "carla" in verdict.findings[0].explanation


def test_sources_differ_about_the_user() -> None:
    assert kinds(with_stored(Stored(B3, "ana"))) == {Kind.OWNERS_DIFFER}


def test_superseded_by_nothing() -> None:
    for other in (an_id(9), A1, C5):  # unknown, older, another user's
        facts = with_stored(Stored(B3, "berto", superseded_by=other))
        assert kinds(facts) == {Kind.SUPERSEDED_BY_NOTHING}


# ── dead letters ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "letter",
    [DeadLetter(0, 2, "", b"x"), DeadLetter(0, 9, "", b"2"), DeadLetter(None, None, "", b"2")],
)
def test_dead_letter_altered(letter: DeadLetter) -> None:
    facts = replace(CLEAN, dead_letters=(*CLEAN.dead_letters, letter))
    assert kinds(facts) == {Kind.DEAD_LETTER_ALTERED}


def test_dead_letter_of_a_readable_record() -> None:
    facts = replace(CLEAN, dead_letters=(*CLEAN.dead_letters, DeadLetter(0, 4, "", b"4")))
    assert kinds(facts) == {Kind.DEAD_LETTERED_UNDULY}


def test_dead_letter_of_a_record_that_retention_took() -> None:
    facts = replace(CLEAN, records=CLEAN.records[3:], extents=(Extent(0, 3, 7),))
    assert kinds(facts) == set()
    assert judge(facts).counts.trimmed == 3


# ── order ──────────────────────────────────────────────────────────────────────────────────


def test_out_of_order_at_the_client() -> None:
    facts = replace(
        CLEAN, accepted=tuple(Accepted(each.id, each.user, "1") for each in CLEAN.accepted)
    )
    late = with_entries(ana("connected", after=19), ana("received", A2, A1), facts=facts)
    assert kinds(late) == {Kind.OUT_OF_ORDER_AT_CLIENT}
    assert kinds(late, Rules(skew_seconds=5)) == {Kind.OUT_OF_ORDER_AT_CLIENT}, "one producer's"


def test_out_of_order_between_producers_with_skewed_clocks() -> None:
    late = with_entries(ana("connected", after=19), ana("received", A2, A1))
    assert kinds(late, Rules(skew_seconds=5)) == set()
    assert kinds(late, Rules(skew_seconds=0.5)) == {Kind.OUT_OF_ORDER_AT_CLIENT}


def test_repeats_and_new_connections_are_no_disorder() -> None:
    again = with_entries(ana("received", A1), ana("connected"), ana("received", A1))
    assert kinds(again) == set()


def test_out_of_order_on_the_log() -> None:
    swapped = with_record(a_record(1, 1), with_record(a_record(0, 2)))
    assert kinds(swapped) == {Kind.OUT_OF_ORDER_ON_LOG}
    assert kinds(swapped, Rules(skew_seconds=5)) == set()
    sources = with_record(a_record(1, 1, source="/b"), with_record(a_record(0, 2, source="/a")))
    assert kinds(sources) == set(), "of different producers"


def test_repeats_on_the_log_are_counted() -> None:
    verdict = judge(with_record(a_record(7, 1)))
    assert (verdict.findings, verdict.counts.repeats_on_log) == ((), 1)


def test_user_in_several_partitions() -> None:
    elsewhere = replace(a_record(0, 7), partition=1)
    facts = replace(
        with_stored(Stored(an_id(7), "ana")),
        records=(*CLEAN.records, elsewhere),
        extents=(*CLEAN.extents, Extent(1, 0, 1)),
    )
    assert kinds(facts) == {Kind.USER_SCATTERED}


# ── duplicates ─────────────────────────────────────────────────────────────────────────────


def test_duplicates_are_counted_per_client() -> None:
    facts = with_entries(
        ana("received", A4),  # not acked: pushed again
        ana("connected"),
        ana("received", A1, A4),  # of which it had acked one
        replace(ana("connected"), client="ana-2"),
        replace(ana("received", A1), client="ana-2"),  # a tab of its own: no duplicate
    )
    verdict = judge(facts)
    assert verdict.clean
    assert (verdict.counts.duplicates, verdict.counts.duplicates_of_acked) == (3, 1)
    verdict.assert_clean(max_duplicates=3)
    with pytest.raises(AssertionError, match="duplicates"):
        verdict.assert_clean(max_duplicates=2)
    assert kinds(facts, Rules(max_duplicates=2)) == {Kind.TOO_MANY_DUPLICATES}


def test_a_test_that_asserts_is_shown_the_report() -> None:
    with pytest.raises(AssertionError, match="MISSING FROM MONGODB") as failed:
        judge(without_stored(A4)).assert_clean()
    assert A4 in str(failed.value)
    assert A2 not in str(failed.value)


def test_each_kind_is_planted_here() -> None:
    own_text = Path(__file__).read_text()
    planted = {name for name in Kind.__members__ if f"Kind.{name}" in own_text}
    assert planted == set(Kind.__members__)
