"""The fate of a record, judged from all the evidence."""

from dataclasses import replace

import pytest

from delivery.core.shadow import DIFFERENCES, Evidence, Fate, fate_of
from producer_api.contract.events import ReceiptType

_SETTLED = Evidence(frozenset(), is_settled=True)


@pytest.mark.parametrize(
    ("receipts", "fate"),
    [
        ({ReceiptType.PARKED}, Fate.PARKED),
        ({ReceiptType.PARKED, ReceiptType.DELIVERED}, Fate.DELIVERED),
        ({ReceiptType.PARKED, ReceiptType.EXPIRED}, Fate.EXPIRED),
        ({ReceiptType.PARKED, ReceiptType.SUPERSEDED}, Fate.SUPERSEDED),
        ({ReceiptType.EXPIRED, ReceiptType.DELIVERED}, Fate.DELIVERED),
        ({ReceiptType.DEAD_LETTERED}, Fate.DEAD_LETTERED),
        ({ReceiptType.MUTED}, Fate.MUTED),
    ],
)
def test_receipts_decide_the_fate(receipts: set[ReceiptType], fate: Fate) -> None:
    assert fate_of(Evidence(frozenset(receipts), is_settled=False)) is fate


def test_a_muted_record_may_not_be_delivered_and_needs_its_receipt() -> None:
    muted = replace(_SETTLED, is_muted=True, is_in_inbox=True)
    assert fate_of(muted) is Fate.WITHOUT_RECEIPT
    receipts = frozenset({ReceiptType.MUTED})
    assert fate_of(replace(muted, receipts=receipts)) is Fate.MUTED
    pushed = receipts | {ReceiptType.DELIVERED}
    assert fate_of(replace(muted, receipts=pushed)) is Fate.MUTED_DELIVERED
    delivered = replace(muted, receipts=receipts, is_delivered=True)
    assert fate_of(delivered) is Fate.MUTED_DELIVERED


@pytest.mark.parametrize("receipts", [frozenset(), frozenset({ReceiptType.PARKED})])
def test_old_delivery_needs_its_receipt(receipts: frozenset[ReceiptType]) -> None:
    evidence = Evidence(
        receipts, is_settled=True, is_in_inbox=True, is_delivered=True, is_delivered_for_long=True
    )
    assert fate_of(evidence) is Fate.WITHOUT_RECEIPT
    assert fate_of(replace(evidence, receipts=receipts | {ReceiptType.DELIVERED})) is Fate.DELIVERED


@pytest.mark.parametrize(
    ("evidence", "fate"),
    [
        (Evidence(frozenset(), is_settled=False), Fate.PENDING),
        (Evidence(frozenset(), is_settled=True, is_erased=True), Fate.ERASED),
        (Evidence(frozenset(), is_settled=True, is_in_inbox=True), Fate.OWED),
        (
            Evidence(frozenset(), is_settled=True, is_readable=False, is_dead_letter=True),
            Fate.DEAD_LETTERED,
        ),
        (
            Evidence(frozenset(), is_settled=True, is_in_inbox=True, is_delivered=True),
            Fate.WITHOUT_RECEIPT,
        ),
        (Evidence(frozenset(), is_settled=True, is_readable=False), Fate.UNREADABLE),
        (_SETTLED, Fate.LOST),
    ],
)
def test_without_receipts_offset_dead_letters_and_inbox_decide(
    evidence: Evidence, fate: Fate
) -> None:
    assert fate_of(evidence) is fate
    # The values of the fates that must not occur are in capitals.
    assert (fate in DIFFERENCES) == (fate.upper() == fate)
