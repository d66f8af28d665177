"""What comes in the wrong order, at a client or on the log: each violation planted alone."""

from dataclasses import replace

from tests.auditor.facts import Accepted, Extent, Rules, Stored
from tests.auditor.judge import judge
from tests.auditor.scene import (
    A1,
    A2,
    A4,
    B3,
    CLEAN,
    START,
    a_record,
    an_id,
    ana,
    with_entries,
    with_record,
    with_stored,
)
from tests.auditor.verdict import Kind


def test_out_of_order_at_the_client() -> None:
    facts = replace(
        CLEAN, accepted=tuple(Accepted(each.id, each.user, "1") for each in CLEAN.accepted)
    )
    late = with_entries(ana("connected", after=19), ana("received", A2, A1), facts=facts)
    assert judge(late).kinds == {Kind.OUT_OF_ORDER_AT_CLIENT}
    assert judge(late, Rules(skew_seconds=5)).kinds == {Kind.OUT_OF_ORDER_AT_CLIENT}, (
        "one producer's"
    )


def test_out_of_order_between_producers_with_skewed_clocks() -> None:
    late = with_entries(ana("connected", after=19), ana("received", A2, A1))
    assert judge(late, Rules(skew_seconds=5)).kinds == set()
    assert judge(late, Rules(skew_seconds=0.5)).kinds == {Kind.OUT_OF_ORDER_AT_CLIENT}


def test_repeats_and_new_connections_are_no_disorder() -> None:
    again = with_entries(ana("received", A1), ana("connected"), ana("received", A1))
    assert judge(again).kinds == set()


def test_out_of_order_on_the_log() -> None:
    swapped = with_record(a_record(1, 1), with_record(a_record(0, 2)))
    assert judge(swapped).kinds == {Kind.OUT_OF_ORDER_ON_LOG}
    assert judge(swapped, Rules(skew_seconds=5)).kinds == set()
    sources = with_record(a_record(1, 1, source="/b"), with_record(a_record(0, 2, source="/a")))
    assert judge(sources).kinds == set(), "of different producers"


def test_overtaken_on_the_log_whatever_the_ids_say() -> None:
    def answered(name: str, began: float, after: float, user: str = "ana") -> Accepted:
        return Accepted(name, user, "", START + after, START + began)

    def kinds(*accepted: Accepted) -> frozenset[Kind]:
        return judge(replace(CLEAN, accepted=accepted)).kinds

    # By id and on the log, 1 comes before 2 and 2 before 4.
    assert kinds(answered(A1, 1, 2), answered(A2, 2.1, 3), answered(A4, 4, 5)) == set()
    assert kinds(answered(A2, 1, 2), answered(A1, 2.1, 3)) == {Kind.OVERTAKEN_ON_LOG}
    assert kinds(answered(A4, 1, 2), answered(A1, 9, 10), answered(A2, 3, 12)) == {
        Kind.OVERTAKEN_ON_LOG
    }, "not only by the one just before it"
    assert kinds(answered(A2, 1, 2), answered(A1, 1.9, 3)) == set(), "side by side"
    assert kinds(answered(B3, 1, 2, "berto"), answered(A1, 9, 10)) == set(), "another user's"
    unknown = Accepted(A1, "ana", at=START + 10)
    assert kinds(answered(A2, 1, 2), unknown) == set(), "when it was asked for is not known"


def test_a_repeat_on_the_log_overtakes_nobody() -> None:
    accepted = (
        Accepted(A1, "ana", "", START + 2, START + 1),
        Accepted(A2, "ana", "", START + 4, START + 3),
    )
    facts = with_record(a_record(7, 1), replace(CLEAN, accepted=accepted))
    assert judge(facts).findings == ()


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
    assert judge(facts).kinds == {Kind.USER_SCATTERED}
