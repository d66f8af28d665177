"""The auditor compares receipts with the facts. Each test plants one violation."""

from dataclasses import replace

import pytest

from tests.auditor.clean_run import A1, A2, A4, B3, C5, CLEAN, NOW, START, with_stored
from tests.auditor.facts import Facts, Receipt, Rules, StoredNotification
from tests.auditor.judge import judge
from tests.auditor.verdict import Kind

_AT_THE_END = Rules(complete=frozenset())


def receipt(
    outcome: str, notification_id: str, user: str, after: float, **fields: object
) -> Receipt:
    """Return the receipt of an outcome `after` seconds after the start."""
    defaults = {"event_id": f"{notification_id}.{outcome}", "at": START + after}
    return Receipt(outcome=outcome, id=notification_id, user=user, **{**defaults, **fields})  # type: ignore[arg-type]


_A1_DELIVERED = receipt("delivered", A1, "ana", 10, latency_ms=9_000)
_B3_PARKED = receipt("parked", B3, "berto", 4)
#: The receipts of the clean run. Ana has not acknowledged 4, so it has no outcome yet.
_RECEIPTS = (
    _A1_DELIVERED,
    receipt("delivered", A2, "ana", 11),
    _B3_PARKED,
    receipt("delivered", C5, "carla", 12),
)


def _with_receipts(*receipts: Receipt, facts: Facts = CLEAN) -> Facts:
    return replace(facts, receipts=receipts)


def test_a_run_with_all_receipts_is_clean() -> None:
    verdict = judge(_with_receipts(*_RECEIPTS, _A1_DELIVERED), _AT_THE_END)
    assert verdict.clean
    assert verdict.counts.receipts == {"delivered": 3, "parked": 1}
    assert verdict.counts.repeats_of_receipts == 1


@pytest.mark.parametrize("lost", range(len(_RECEIPTS)))
def test_a_missing_receipt_is_found_at_the_end(lost: int) -> None:
    facts = _with_receipts(*_RECEIPTS[:lost], *_RECEIPTS[lost + 1 :])
    assert judge(facts).clean, "during a run the receipt may be on its way"
    verdict = judge(facts, _AT_THE_END)
    assert verdict.kinds == {Kind.RECEIPT_MISSING}
    assert [finding.place for finding in verdict.findings] == [f"notification {_RECEIPTS[lost].id}"]


def test_expired_and_superseded_notifications_need_a_receipt() -> None:
    facts = with_stored(StoredNotification(B3, "berto", expires_at=START + 50))
    assert judge(_with_receipts(*_RECEIPTS, facts=facts), _AT_THE_END).kinds == {
        Kind.RECEIPT_MISSING
    }
    assert judge(
        _with_receipts(*_RECEIPTS, receipt("expired", B3, "berto", 50), facts=facts), _AT_THE_END
    ).clean
    just_now = with_stored(StoredNotification(B3, "berto", expires_at=NOW - 1))
    assert judge(_with_receipts(*_RECEIPTS, facts=just_now), _AT_THE_END).clean, (
        "its receipt may be on its way"
    )
    facts = with_stored(StoredNotification(B3, "berto", superseded_by=C5))
    superseded = receipt("superseded", B3, "berto", 50, superseded_by=C5)
    findings = judge(_with_receipts(*_RECEIPTS, facts=facts), _AT_THE_END).of(Kind.RECEIPT_MISSING)
    assert [finding.place for finding in findings] == [f"notification {B3}"]
    assert not judge(_with_receipts(*_RECEIPTS, superseded, facts=facts), _AT_THE_END).of(
        Kind.RECEIPT_MISSING
    )


@pytest.mark.parametrize(
    "false_receipt",
    [
        receipt("delivered", A4, "ana", 20),  # no client acknowledged it
        replace(_A1_DELIVERED, at=START + 9, latency_ms=8_000),  # before the ack
        replace(_A1_DELIVERED, user="berto"),
        receipt("expired", B3, "berto", 20),
        receipt("superseded", B3, "berto", 20, superseded_by=C5),
    ],
)
def test_a_receipt_of_an_outcome_that_did_not_happen_is_found(false_receipt: Receipt) -> None:
    assert judge(_with_receipts(false_receipt)).kinds == {Kind.RECEIPT_FALSE}


def test_a_delivered_receipt_without_delivered_at_is_found() -> None:
    facts = with_stored(StoredNotification(A1, "ana"))
    assert Kind.RECEIPT_FALSE in judge(_with_receipts(_A1_DELIVERED, facts=facts)).kinds


def test_an_outcome_with_two_ids_and_an_id_with_two_outcomes_are_found() -> None:
    other_event_id = replace(_A1_DELIVERED, event_id="another")
    assert judge(_with_receipts(_A1_DELIVERED, other_event_id)).kinds == {Kind.RECEIPTS_DIFFER}
    other_outcome = replace(_B3_PARKED, event_id=_A1_DELIVERED.event_id)
    assert judge(_with_receipts(_A1_DELIVERED, other_outcome)).kinds == {Kind.RECEIPTS_DIFFER}


def test_an_unreadable_receipt_and_a_wrong_latency_are_found() -> None:
    unreadable = Receipt("x", "", "", "", 0.0, problem="not JSON")
    assert judge(_with_receipts(unreadable)).kinds == {Kind.RECEIPT_UNREADABLE}
    assert judge(_with_receipts(replace(_A1_DELIVERED, latency_ms=8_990))).kinds == {
        Kind.RECEIPT_UNREADABLE
    }
