"""The auditor finds a wrong order at a client or on the topic. Each test plants one violation."""

from dataclasses import replace

from tests.auditor import times
from tests.auditor.clean_run import (
    A1,
    A2,
    A4,
    B3,
    CLEAN,
    START,
    ana,
    created_record,
    id_at,
    with_client_entries,
    with_record,
    with_stored,
)
from tests.auditor.facts import AcceptedNotification, Extent, Rules, StoredNotification
from tests.auditor.judge import judge
from tests.auditor.verdict import Kind


def test_a_wrong_order_at_the_client_is_found() -> None:
    facts = replace(
        CLEAN,
        accepted=tuple(
            AcceptedNotification(accepted.id, accepted.user, "1") for accepted in CLEAN.accepted
        ),
    )
    late = with_client_entries(ana("connected", after=19), ana("received", A2, A1), facts=facts)
    assert judge(late).kinds == {Kind.OUT_OF_ORDER_AT_CLIENT}
    assert judge(late, Rules(skew_seconds=5)).kinds == {Kind.OUT_OF_ORDER_AT_CLIENT}, (
        "the ids of one producer must rise despite the skew"
    )


def test_a_wrong_order_within_the_skew_of_two_producers_is_clean() -> None:
    late = with_client_entries(ana("connected", after=19), ana("received", A2, A1))
    assert judge(late, Rules(skew_seconds=5)).kinds == set()
    assert judge(late, Rules(skew_seconds=0.5)).kinds == {Kind.OUT_OF_ORDER_AT_CLIENT}


def test_a_wrong_order_while_a_new_log_replaces_the_old_one_is_clean() -> None:
    late = with_client_entries(ana("connected", after=19), ana("received", A2, A1))
    at = times.time_in_id(A1)
    assert judge(late, Rules(log_replaced=(at - 1, at + 1))).kinds == set()
    for elsewhere in ((at - 2, at - 1), (at + 1, at + 2)):
        found = judge(late, Rules(log_replaced=elsewhere)).kinds
        assert Kind.OUT_OF_ORDER_AT_CLIENT in found


def test_repeats_and_new_connections_keep_the_order() -> None:
    repeats = with_client_entries(ana("received", A1), ana("connected"), ana("received", A1))
    assert judge(repeats).kinds == set()


def test_a_wrong_order_on_the_topic_is_found() -> None:
    swapped = with_record(created_record(1, 1), with_record(created_record(0, 2)))
    assert judge(swapped).kinds == {Kind.OUT_OF_ORDER_ON_LOG}
    assert judge(swapped, Rules(skew_seconds=5)).kinds == set()
    sources = with_record(
        created_record(1, 1, source="/b"), with_record(created_record(0, 2, source="/a"))
    )
    assert judge(sources).kinds == set(), "order holds only within one producer"


def test_a_request_that_overtook_an_answered_one_is_found_whatever_the_ids_say() -> None:
    def accepted(
        notification_id: str, requested: float, answered: float, user: str = "ana"
    ) -> AcceptedNotification:
        return AcceptedNotification(notification_id, user, "", START + answered, START + requested)

    def kinds(*notifications: AcceptedNotification) -> frozenset[Kind]:
        return judge(replace(CLEAN, accepted=notifications)).kinds

    # By their ids and on the log, 1 comes before 2, and 2 before 4.
    assert kinds(accepted(A1, 1, 2), accepted(A2, 2.1, 3), accepted(A4, 4, 5)) == set()
    assert kinds(accepted(A2, 1, 2), accepted(A1, 2.1, 3)) == {Kind.OVERTAKEN_ON_LOG}
    assert kinds(accepted(A4, 1, 2), accepted(A1, 9, 10), accepted(A2, 3, 12)) == {
        Kind.OVERTAKEN_ON_LOG
    }, "the overtaking request need not be the previous one"
    assert kinds(accepted(A2, 1, 2), accepted(A1, 1.9, 3)) == set(), "the requests overlapped"
    assert kinds(accepted(B3, 1, 2, "berto"), accepted(A1, 9, 10)) == set(), (
        "order holds only within one user"
    )
    unknown = AcceptedNotification(A1, "ana", answered_at=START + 10)
    assert kinds(accepted(A2, 1, 2), unknown) == set(), "the time of the request is unknown"


def test_a_repeat_on_the_topic_does_not_count_as_overtaking() -> None:
    accepted = (
        AcceptedNotification(A1, "ana", "", START + 2, START + 1),
        AcceptedNotification(A2, "ana", "", START + 4, START + 3),
    )
    facts = with_record(created_record(7, 1), replace(CLEAN, accepted=accepted))
    assert judge(facts).findings == ()


def test_repeats_on_the_topic_are_counted() -> None:
    verdict = judge(with_record(created_record(7, 1)))
    assert (verdict.findings, verdict.counts.repeats_on_log) == ((), 1)


def test_a_user_in_several_partitions_is_found() -> None:
    elsewhere = replace(created_record(0, 7), partition=1)
    facts = replace(
        with_stored(StoredNotification(id_at(7), "ana")),
        records=(*CLEAN.records, elsewhere),
        extents=(*CLEAN.extents, Extent(1, 0, 1)),
    )
    assert judge(facts).kinds == {Kind.USER_IN_SEVERAL_PARTITIONS}
