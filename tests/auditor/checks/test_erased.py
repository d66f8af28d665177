"""What an erasure has to have done: each violation planted alone."""

from dataclasses import replace

from tests.auditor.facts import Entry, Facts, Rules
from tests.auditor.judge import judge
from tests.auditor.scene import (
    A1,
    A2,
    A4,
    START,
    an_erasure,
    an_id,
    ana,
    with_entries,
    with_record,
    without_stored,
)
from tests.auditor.verdict import Fate, Kind

COMPLETE = Rules(complete=True)


def _erased() -> Facts:
    """All of ana's was erased after 9 seconds, and her client has been told after 20."""
    facts = with_record(an_erasure(7, 9, "ana"))
    for name in (A1, A2, A4):
        facts = without_stored(name, facts)
    return with_entries(replace(ana("erased"), up_to=an_id(9)), facts=facts)


def test_what_was_erased_is_not_lost() -> None:
    verdict = judge(_erased(), COMPLETE)
    assert verdict.findings == ()
    assert verdict.counts.fates[Fate.ERASED] == 2


def test_still_there_after_an_erasure() -> None:
    facts = with_record(an_erasure(7, 9, "berto"))
    assert judge(facts).kinds == {Kind.NOT_ERASED}
    late = tuple(replace(each, at=START + 8.95) for each in facts.accepted)
    assert judge(replace(facts, accepted=late)).kinds == set(), "it may have come just then"
    others = with_record(an_erasure(7, 9, "dora"))
    assert judge(others).kinds == set()


def test_pushed_after_its_erasure() -> None:
    for event in ("received", "connected"):
        later = ana(event, *((A4,) if event == "received" else ()), after=21)
        again = with_entries(later, ana("received", A4, after=22), facts=_erased())
        assert judge(again).kinds == {Kind.PUSHED_THOUGH_ERASED}
        assert "client ana-1" in judge(again).findings[0].place


def test_a_client_that_was_not_told_yet_may_get_it() -> None:
    facts = _erased()
    (*before, told) = facts.entries
    late = replace(facts, entries=(*before, ana("received", A2, after=19), told))
    assert judge(late).kinds == set()


def test_what_was_created_in_that_very_moment_may_come_after() -> None:
    facts = with_record(an_erasure(7, 9, "ana"))
    told = replace(ana("erased"), up_to=an_id(9))
    facts = with_entries(told, ana("received", A4, after=21), facts=facts)
    facts = replace(facts, accepted=tuple(replace(each, at=START + 9) for each in facts.accepted))
    assert judge(facts).kinds == set()
    second = with_record(an_erasure(8, 30, "ana"), without_stored(A4, facts))
    for name in (A1, A2):
        second = without_stored(name, second)
    assert judge(second).kinds == set(), "gone by the next erasure"


def test_an_erasure_names_no_notification() -> None:
    entry = Entry(START + 20, "carla-1", "carla", "erased", up_to=an_id(8))
    assert judge(with_entries(entry)).kinds == set()
