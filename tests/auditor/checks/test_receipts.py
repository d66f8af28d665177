"""Receipts: each violation planted, and what looks like one."""

from dataclasses import replace

import pytest

from tests.auditor.facts import Facts, Receipt, Rules, Stored
from tests.auditor.judge import judge
from tests.auditor.scene import A1, A2, A4, B3, C5, CLEAN, NOW, START, with_stored
from tests.auditor.verdict import Kind

_END = Rules(complete=frozenset())


def a_receipt(outcome: str, name: str, user: str, after: float, **fields: object) -> Receipt:
    """The receipt of what happened that long after the start."""
    known = {"name": f"{name}.{outcome}", "at": START + after}
    return Receipt(outcome=outcome, id=name, user=user, **{**known, **fields})  # type: ignore[arg-type]


_OF_A1 = a_receipt("delivered", A1, "ana", 10, latency_ms=9_000)
_OF_B3 = a_receipt("parked", B3, "berto", 4)
#: What became of all of the clean run: 4 is still with ana, unacknowledged.
_TOLD = (
    _OF_A1,
    a_receipt("delivered", A2, "ana", 11),
    _OF_B3,
    a_receipt("delivered", C5, "carla", 12),
)


def _told(*receipts: Receipt, facts: Facts = CLEAN) -> Facts:
    return replace(facts, receipts=receipts)


def test_a_run_whose_receipts_are_all_there_is_clean() -> None:
    verdict = judge(_told(*_TOLD, _OF_A1), _END)
    assert verdict.clean
    assert verdict.counts.receipts == {"delivered": 3, "parked": 1}
    assert verdict.counts.repeats_of_receipts == 1


@pytest.mark.parametrize("lost", range(len(_TOLD)))
def test_each_that_is_missing_is_found_at_the_end_of_a_run(lost: int) -> None:
    facts = _told(*_TOLD[:lost], *_TOLD[lost + 1 :])
    assert judge(facts).clean, "in the midst of a run it may be under way"
    verdict = judge(facts, _END)
    assert verdict.kinds == {Kind.RECEIPT_MISSING}
    assert [finding.place for finding in verdict.findings] == [f"notification {_TOLD[lost].id}"]


def test_what_expired_and_what_was_superseded_has_its_receipt() -> None:
    facts = with_stored(Stored(B3, "berto", expires_at=START + 50))
    assert judge(_told(*_TOLD, facts=facts), _END).kinds == {Kind.RECEIPT_MISSING}
    assert judge(_told(*_TOLD, a_receipt("expired", B3, "berto", 50), facts=facts), _END).clean
    just_now = with_stored(Stored(B3, "berto", expires_at=NOW - 1))
    assert judge(_told(*_TOLD, facts=just_now), _END).clean, "its receipt may be under way"
    facts = with_stored(Stored(B3, "berto", superseded_by=C5))
    by = a_receipt("superseded", B3, "berto", 50, superseded_by=C5)
    findings = judge(_told(*_TOLD, facts=facts), _END).of(Kind.RECEIPT_MISSING)
    assert [finding.place for finding in findings] == [f"notification {B3}"]
    assert not judge(_told(*_TOLD, by, facts=facts), _END).of(Kind.RECEIPT_MISSING)


@pytest.mark.parametrize(
    "untrue",
    [
        a_receipt("delivered", A4, "ana", 20),  # nobody has acknowledged it
        replace(_OF_A1, at=START + 9, latency_ms=8_000),  # before the ack
        replace(_OF_A1, user="berto"),
        a_receipt("expired", B3, "berto", 20),
        a_receipt("superseded", B3, "berto", 20, superseded_by=C5),
    ],
)
def test_what_has_not_happened(untrue: Receipt) -> None:
    assert judge(_told(untrue)).kinds == {Kind.RECEIPT_UNTRUE}


def test_delivered_by_the_receipt_alone() -> None:
    facts = with_stored(Stored(A1, "ana"))
    assert Kind.RECEIPT_UNTRUE in judge(_told(_OF_A1, facts=facts)).kinds


def test_two_names_of_one_outcome_and_one_name_of_two() -> None:
    other_name = replace(_OF_A1, name="another")
    assert judge(_told(_OF_A1, other_name)).kinds == {Kind.RECEIPTS_DIFFER}
    other_one = replace(_OF_B3, name=_OF_A1.name)
    assert judge(_told(_OF_A1, other_one)).kinds == {Kind.RECEIPTS_DIFFER}


def test_what_cannot_be_read_and_a_latency_that_is_not_its_own() -> None:
    unreadable = Receipt("x", "", "", "", 0.0, problem="no JSON")
    assert judge(_told(unreadable)).kinds == {Kind.RECEIPT_UNREADABLE}
    assert judge(_told(replace(_OF_A1, latency_ms=8_990))).kinds == {Kind.RECEIPT_UNREADABLE}
