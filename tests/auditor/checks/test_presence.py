"""What is missing, or nobody's, or another's: each violation planted alone."""

from dataclasses import replace

from tests.auditor.facts import Accepted, Extent, Rules, Stored
from tests.auditor.judge import judge
from tests.auditor.scene import (
    A1,
    A4,
    B3,
    C5,
    CLEAN,
    an_erasure,
    an_id,
    ana,
    with_entries,
    with_record,
    with_stored,
    without_entries,
    without_stored,
)
from tests.auditor.verdict import Kind

COMPLETE = Rules(complete=True)


def test_accepted_but_missing_from_the_topic() -> None:
    facts = replace(CLEAN, accepted=(*CLEAN.accepted, Accepted(an_id(7), "ana")))
    facts = with_stored(Stored(an_id(7), "ana"), facts=facts)
    assert judge(facts).kinds == {Kind.MISSING_FROM_TOPIC}
    trimmed = replace(facts, extents=(Extent(0, 1, 7),))
    assert judge(trimmed).kinds == set(), "it may have been there"


def test_accepted_but_missing_everywhere() -> None:
    facts = replace(CLEAN, accepted=(*CLEAN.accepted, Accepted(an_id(7), "dora")))
    assert judge(facts).kinds == {Kind.MISSING_FROM_TOPIC, Kind.MISSING_FROM_INBOX}
    erased = with_record(an_erasure(7, 9, "dora"), facts)
    assert judge(erased).kinds == set()


def test_waiting_on_the_log_but_missing_from_mongodb() -> None:
    assert judge(without_stored(A4)).kinds == {Kind.MISSING_FROM_INBOX}


def test_missing_from_the_client_at_the_end() -> None:
    facts = without_entries("received", A4)
    assert judge(facts).kinds == set()
    assert judge(facts, COMPLETE).kinds == {Kind.MISSING_FROM_CLIENT}
    assert judge(facts, Rules(complete=frozenset({"carla"}))).kinds == set()


def test_users_who_left_need_not_have_all() -> None:
    facts = with_entries(ana("disconnected"), facts=without_entries("received", A4))
    assert judge(facts, COMPLETE).kinds == set()
    assert judge(facts, Rules(complete=frozenset({"ana"}))).kinds == {Kind.MISSING_FROM_CLIENT}
    back = with_entries(ana("connected"), facts=facts)
    assert judge(back, COMPLETE).kinds == {Kind.MISSING_FROM_CLIENT}


def test_one_of_the_users_clients_is_enough() -> None:
    second = replace(ana("connected"), client="ana-2")
    assert judge(with_entries(second), COMPLETE).kinds == set()


def test_received_but_created_by_nobody() -> None:
    assert judge(with_entries(ana("received", an_id(8)))).kinds == {Kind.CREATED_BY_NOBODY}
    assert judge(with_entries(ana("acked", an_id(8)))).kinds == {Kind.CREATED_BY_NOBODY}


def test_another_users_notification() -> None:
    verdict = judge(with_entries(ana("received", C5), ana("acked", C5)))
    assert verdict.kinds == {Kind.FOREIGN_NOTIFICATION}
    assert "carla" in verdict.findings[0].explanation


def test_sources_differ_about_the_user() -> None:
    assert judge(with_stored(Stored(B3, "ana"))).kinds == {Kind.OWNERS_DIFFER}


def test_superseded_by_nothing() -> None:
    for other in (an_id(9), A1, C5):  # unknown, older, another user's
        facts = with_stored(Stored(B3, "berto", superseded_by=other))
        assert judge(facts).kinds == {Kind.SUPERSEDED_BY_NOTHING}
