"""The auditor finds wrong committed offsets. Each test plants one violation."""

from dataclasses import replace

from tests.auditor.clean_run import (
    B3,
    CLEAN,
    START,
    ana,
    encoded_map,
    with_client_entries,
    with_stored,
)
from tests.auditor.facts import Commit, Facts, OffsetSample, Rules, StoredNotification
from tests.auditor.judge import judge
from tests.auditor.verdict import Kind

HOLD = Rules(hold=True)


def _held() -> Facts:
    """Return a run in which berto has also acknowledged. It is clean under hold as well."""
    delivered = with_stored(StoredNotification(B3, "berto", delivered_at=START + 11.5))
    entries = tuple(
        replace(ana(event, B3, after=11.4), client="berto-1", user="berto")
        for event in ("received", "acked")
    )
    return with_client_entries(*entries, facts=delivered)


def test_under_hold_a_commit_after_the_acks_is_clean() -> None:
    assert judge(_held(), HOLD).kinds == set()


def test_under_hold_a_commit_before_the_ack_is_found() -> None:
    early = replace(_held(), samples=(OffsetSample(START + 10.5, 0, 4),))
    verdict = judge(early, HOLD)
    assert verdict.kinds == {Kind.COMMITTED_BEFORE_ACK}
    assert [finding.place for finding in verdict.findings] == [
        "partition 0 offset 1",
        "partition 0 offset 3",
    ]
    assert judge(early).kinds == set(), "without hold the record may have been parked first"


def test_a_commit_past_the_end_of_the_log_is_found() -> None:
    for commit in (Commit(0, 8), Commit(0, 4, encoded_map("B", b"\x61")), Commit(1, 1)):
        facts = replace(CLEAN, commits=(commit,), samples=())
        assert Kind.COMMITTED_PAST_END in judge(facts).kinds


def test_an_offset_that_went_back_between_samples_is_found() -> None:
    samples = (*CLEAN.samples[:2], OffsetSample(START + 11.5, 0, 1), CLEAN.samples[2])
    verdict = judge(replace(CLEAN, samples=samples))
    assert verdict.kinds == {Kind.OFFSET_WENT_BACK}
    assert "2 at 2027-01-15T08:00:11.000" in verdict.findings[0].explanation


def test_an_offset_that_went_back_after_the_last_sample_is_found() -> None:
    samples = (*CLEAN.samples, OffsetSample(START + 13, 0, 5))
    assert judge(replace(CLEAN, samples=samples)).kinds == {Kind.OFFSET_WENT_BACK}


def test_an_offset_may_go_back_only_when_the_log_was_replaced() -> None:
    samples = (*CLEAN.samples[:2], OffsetSample(START + 11.5, 0, 1), CLEAN.samples[2])
    facts = replace(CLEAN, samples=samples)
    before = samples[1].at
    assert judge(facts, Rules(log_replaced=(before - 1, before + 1))).kinds == set()
    for elsewhere in ((before - 2, before - 1), (START + 11.6, START + 12)):
        assert judge(facts, Rules(log_replaced=elsewhere)).kinds == {Kind.OFFSET_WENT_BACK}


def test_offsets_of_other_partitions_are_not_compared() -> None:
    samples = (*CLEAN.samples, OffsetSample(START + 13, 1, 0))
    assert judge(replace(CLEAN, samples=samples)).kinds == set()


def test_a_map_that_cannot_be_decoded_is_found() -> None:
    assert Kind.MAP_UNREADABLE in judge(replace(CLEAN, commits=(Commit(0, 4, "AgA="),))).kinds
