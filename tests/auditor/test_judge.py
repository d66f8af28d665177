"""The judge finds nothing in a clean run, counts what it judged, and fails tests with a report."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.auditor.clean_run import A1, A2, A4, CLEAN, NOW, ana, with_client_entries, without_stored
from tests.auditor.facts import Facts, Rules
from tests.auditor.judge import judge
from tests.auditor.verdict import Fate, Kind

COMPLETE = Rules(complete=True)


@pytest.mark.parametrize("rules", [None, COMPLETE, Rules(max_duplicates=0)])
def test_a_run_without_violations_is_clean(rules: Rules | None) -> None:
    verdict = judge(CLEAN, rules)
    assert verdict.findings == ()
    verdict.assert_clean()


def test_the_verdict_counts_what_was_judged() -> None:
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


def test_an_empty_pipeline_is_clean() -> None:
    assert judge(Facts(now=NOW), COMPLETE).clean


def test_duplicates_are_counted_per_client() -> None:
    facts = with_client_entries(
        ana("received", A4),  # a repeat without an ack
        ana("connected"),
        ana("received", A1, A4),  # one repeat after an ack, one without
        replace(ana("connected"), client="ana-2"),
        replace(ana("received", A1), client="ana-2"),  # another client, so not a duplicate
    )
    verdict = judge(facts)
    assert verdict.clean
    assert (verdict.counts.duplicates, verdict.counts.duplicates_of_acked) == (3, 1)
    verdict.assert_clean(max_duplicates=3)
    with pytest.raises(AssertionError, match="duplicates"):
        verdict.assert_clean(max_duplicates=2)
    assert judge(facts, Rules(max_duplicates=2)).kinds == {Kind.TOO_MANY_DUPLICATES}


def test_assert_clean_fails_with_the_report() -> None:
    with pytest.raises(AssertionError, match="MISSING FROM MONGODB") as failed:
        judge(without_stored(A4)).assert_clean()
    assert A4 in str(failed.value)
    assert A2 not in str(failed.value)


def test_every_kind_of_finding_is_planted_in_a_test() -> None:
    own = Path(__file__)
    texts = [path.read_text() for path in (own, *(own.parent / "checks").glob("test_*.py"))]
    planted = {name for name in Kind.__members__ if any(f"Kind.{name}" in text for text in texts)}
    assert planted == set(Kind.__members__)
