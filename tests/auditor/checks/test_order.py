"""What comes in the wrong order, at a client or on the log: each violation planted alone."""

from dataclasses import replace

from tests.auditor.facts import Accepted, Extent, Rules, Stored
from tests.auditor.judge import judge
from tests.auditor.scene import (
    A1,
    A2,
    CLEAN,
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
