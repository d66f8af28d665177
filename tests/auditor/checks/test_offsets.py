"""Offsets that say what is not so: each violation planted alone in a run without fault."""

from dataclasses import replace

from tests.auditor.facts import Commit, Facts, Rules, Sample, Stored
from tests.auditor.judge import judge
from tests.auditor.scene import B3, CLEAN, START, a_map, ana, with_entries, with_stored
from tests.auditor.verdict import Kind

HOLD = Rules(hold=True)


def _held() -> Facts:
    """Berto has come and acknowledged: clean under hold as well."""
    delivered = with_stored(Stored(B3, "berto", delivered_at=START + 11.5))
    came = tuple(
        replace(ana(event, B3, after=11.4), client="berto-1", user="berto")
        for event in ("received", "acked")
    )
    return with_entries(*came, facts=delivered)


def test_under_hold_what_was_acked_first_is_clean() -> None:
    assert judge(_held(), HOLD).kinds == set()


def test_under_hold_committed_before_the_ack() -> None:
    early = replace(_held(), samples=(Sample(START + 10.5, 0, 4),))
    verdict = judge(early, HOLD)
    assert verdict.kinds == {Kind.COMMITTED_BEFORE_ACK}
    assert [finding.place for finding in verdict.findings] == [
        "partition 0 offset 1",
        "partition 0 offset 3",
    ]
    assert judge(early).kinds == set(), "without hold it may have been parked first"


def test_committed_past_the_end() -> None:
    for commit in (Commit(0, 8), Commit(0, 4, a_map("B", b"\x61")), Commit(1, 1)):
        facts = replace(CLEAN, commits=(commit,), samples=())
        assert Kind.COMMITTED_PAST_END in judge(facts).kinds


def test_committed_offset_went_back_between_samples() -> None:
    samples = (*CLEAN.samples[:2], Sample(START + 11.5, 0, 1), CLEAN.samples[2])
    verdict = judge(replace(CLEAN, samples=samples))
    assert verdict.kinds == {Kind.OFFSET_WENT_BACK}
    assert "2 at 2027-01-15T08:00:11.000" in verdict.findings[0].explanation


def test_committed_offset_went_back_after_the_last_sample() -> None:
    samples = (*CLEAN.samples, Sample(START + 13, 0, 5))
    assert judge(replace(CLEAN, samples=samples)).kinds == {Kind.OFFSET_WENT_BACK}


def test_offsets_of_other_partitions_are_not_compared() -> None:
    samples = (*CLEAN.samples, Sample(START + 13, 1, 0))
    assert judge(replace(CLEAN, samples=samples)).kinds == set()


def test_map_unreadable() -> None:
    assert Kind.MAP_UNREADABLE in judge(replace(CLEAN, commits=(Commit(0, 4, "AgA="),))).kinds
