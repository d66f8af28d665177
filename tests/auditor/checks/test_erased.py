"""The auditor finds notifications that survived an erasure. Each test plants one violation."""

from dataclasses import replace

from tests.auditor.clean_run import (
    A1,
    A2,
    A4,
    START,
    ana,
    erasure_record,
    id_at,
    with_client_entries,
    with_record,
    without_stored,
)
from tests.auditor.facts import ClientEntry, Facts, Rules
from tests.auditor.judge import judge
from tests.auditor.verdict import Fate, Kind

COMPLETE = Rules(complete=True)


def _erased() -> Facts:
    """Return a run in which ana is erased after 9 seconds, and her client logs that after 20."""
    facts = with_record(erasure_record(7, 9, "ana"))
    for notification_id in (A1, A2, A4):
        facts = without_stored(notification_id, facts)
    return with_client_entries(replace(ana("erased"), up_to=id_at(9)), facts=facts)


def test_erased_notifications_do_not_count_as_lost() -> None:
    verdict = judge(_erased(), COMPLETE)
    assert verdict.findings == ()
    assert verdict.counts.fates[Fate.ERASED] == 2


def test_a_notification_still_stored_after_its_erasure_is_found() -> None:
    facts = with_record(erasure_record(7, 9, "berto"))
    assert judge(facts).kinds == {Kind.NOT_ERASED}
    late = tuple(replace(accepted, answered_at=START + 8.95) for accepted in facts.accepted)
    assert judge(replace(facts, accepted=late)).kinds == set(), (
        "it may have been created at the same moment"
    )
    of_another = with_record(erasure_record(7, 9, "dora"))
    assert judge(of_another).kinds == set()


def test_a_push_after_the_client_received_the_erasure_is_found() -> None:
    for event in ("received", "connected"):
        later = ana(event, *((A4,) if event == "received" else ()), after=21)
        again = with_client_entries(later, ana("received", A4, after=22), facts=_erased())
        assert judge(again).kinds == {Kind.PUSHED_AFTER_ERASURE}
        assert "client ana-1" in judge(again).findings[0].place


def test_a_push_before_the_client_received_the_erasure_is_clean() -> None:
    facts = _erased()
    (*before, erased) = facts.client_entries
    pushed = replace(facts, client_entries=(*before, ana("received", A2, after=19), erased))
    assert judge(pushed).kinds == set()


def test_a_push_of_a_notification_created_during_the_erasure_is_clean() -> None:
    facts = with_record(erasure_record(7, 9, "ana"))
    erased = replace(ana("erased"), up_to=id_at(9))
    facts = with_client_entries(erased, ana("received", A4, after=21), facts=facts)
    accepted = tuple(replace(accepted, answered_at=START + 9) for accepted in facts.accepted)
    facts = replace(facts, accepted=accepted)
    assert judge(facts).kinds == set()
    second = with_record(erasure_record(8, 30, "ana"), without_stored(A4, facts))
    for notification_id in (A1, A2):
        second = without_stored(notification_id, second)
    assert judge(second).kinds == set(), "the next erasure deleted it"


def test_the_id_of_an_erasure_is_not_mistaken_for_a_notification() -> None:
    entry = ClientEntry(START + 20, "carla-1", "carla", "erased", up_to=id_at(8))
    assert judge(with_client_entries(entry)).kinds == set()
