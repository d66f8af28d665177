"""The auditor finds missing notifications. Each test plants one violation."""

from dataclasses import replace

from tests.auditor.clean_run import (
    A4,
    CLEAN,
    ana,
    erasure_record,
    id_at,
    with_client_entries,
    with_record,
    with_stored,
    without_client_entries,
    without_stored,
)
from tests.auditor.facts import AcceptedNotification, Extent, Rules, StoredNotification
from tests.auditor.judge import judge
from tests.auditor.verdict import Kind

COMPLETE = Rules(complete=True)


def test_an_accepted_notification_missing_from_the_topic_is_found() -> None:
    facts = replace(CLEAN, accepted=(*CLEAN.accepted, AcceptedNotification(id_at(7), "ana")))
    facts = with_stored(StoredNotification(id_at(7), "ana"), facts=facts)
    assert judge(facts).kinds == {Kind.MISSING_FROM_TOPIC}
    trimmed = replace(facts, extents=(Extent(0, 1, 7),))
    assert judge(trimmed).kinds == set(), "retention may have deleted it"


def test_an_accepted_notification_missing_everywhere_is_found_unless_erased() -> None:
    facts = replace(CLEAN, accepted=(*CLEAN.accepted, AcceptedNotification(id_at(7), "dora")))
    assert judge(facts).kinds == {Kind.MISSING_FROM_TOPIC, Kind.MISSING_FROM_INBOX}
    erased = with_record(erasure_record(7, 9, "dora"), facts)
    assert judge(erased).kinds == set()


def test_a_notification_on_the_topic_and_missing_from_mongodb_is_found() -> None:
    assert judge(without_stored(A4)).kinds == {Kind.MISSING_FROM_INBOX}


def test_a_notification_missing_from_the_client_is_found_at_the_end() -> None:
    facts = without_client_entries("received", A4)
    assert judge(facts).kinds == set()
    assert judge(facts, COMPLETE).kinds == {Kind.MISSING_FROM_CLIENT}
    assert judge(facts, Rules(complete=frozenset({"carla"}))).kinds == set()


def test_users_who_left_need_not_have_everything() -> None:
    facts = with_client_entries(ana("disconnected"), facts=without_client_entries("received", A4))
    assert judge(facts, COMPLETE).kinds == set()
    assert judge(facts, Rules(complete=frozenset({"ana"}))).kinds == {Kind.MISSING_FROM_CLIENT}
    back = with_client_entries(ana("connected"), facts=facts)
    assert judge(back, COMPLETE).kinds == {Kind.MISSING_FROM_CLIENT}


def test_one_client_per_user_is_enough() -> None:
    second = replace(ana("connected"), client="ana-2")
    assert judge(with_client_entries(second), COMPLETE).kinds == set()
