"""The auditor finds muted notifications that are pushed, or that should not be muted."""

from dataclasses import replace

import pytest

from tests.auditor.checks.test_receipts import receipt
from tests.auditor.clean_run import (
    A1,
    B3,
    C5,
    CLEAN,
    ana,
    created_record,
    with_client_entries,
    with_record,
    with_stored,
)
from tests.auditor.facts import Facts, Rules, StoredNotification
from tests.auditor.judge import judge
from tests.auditor.verdict import Fate, Kind

_AT_THE_END = Rules(complete=frozenset({"berto"}))
_RECORD = created_record(3, 3, "berto", is_muted=True, category="offer")
_STORED = StoredNotification(B3, "berto", removed="muted")
_MUTED = with_record(_RECORD, with_stored(_STORED))
_DELIVERED = tuple(
    receipt("delivered", id_, user, 15) for id_, user in ((A1, "ana"), (C5, "carla"))
)
_RECEIPT = receipt("muted", B3, "berto", 4)


def _with_receipts(*outcomes: str, facts: Facts = _MUTED) -> Facts:
    receipts = tuple(receipt(outcome, B3, "berto", 4) for outcome in outcomes)
    return replace(facts, receipts=receipts)


def test_a_muted_notification_is_settled_and_not_owed() -> None:
    verdict = judge(replace(_MUTED, receipts=(_RECEIPT,)))
    assert verdict.clean
    assert verdict.counts.fates[Fate.MUTED] == 1
    assert verdict.counts.owed == judge(CLEAN).counts.owed - 1
    assert not judge(_with_receipts("muted"), Rules(hold=True)).of(Kind.PARKED_UNDER_HOLD)
    assert not judge(_MUTED, _AT_THE_END).of(Kind.MISSING_FROM_CLIENT)


def test_a_push_of_a_muted_notification_is_found() -> None:
    pushed = with_client_entries(
        replace(ana("received", B3), user="berto", client="berto-1"), facts=_MUTED
    )
    assert judge(pushed).of(Kind.PUSHED_THOUGH_MUTED)
    delivered = with_stored(replace(_STORED, delivered_at=9.0), facts=_MUTED)
    assert judge(delivered).of(Kind.PUSHED_THOUGH_MUTED)


def test_a_muted_notification_has_exactly_one_receipt() -> None:
    missing = judge(_with_receipts(), _AT_THE_END).of(Kind.RECEIPT_MISSING)
    assert f"notification {B3}" in {finding.place for finding in missing}
    for outcome in ("parked", "delivered", "expired", "superseded"):
        assert judge(_with_receipts("muted", outcome)).kinds == {Kind.RECEIPT_FALSE}
    assert judge(replace(CLEAN, receipts=(_RECEIPT,))).kinds == {Kind.RECEIPT_FALSE}


def test_a_muted_notification_of_a_category_that_nobody_can_mute_is_found() -> None:
    order = with_record(replace(_RECORD, category="order"), _MUTED)
    assert judge(order).kinds == {Kind.MUTED_WRONGLY}
    assert judge(order, Rules(always=frozenset())).clean


@pytest.mark.parametrize(
    "facts", [with_stored(StoredNotification(B3, "berto"), facts=_MUTED), with_stored(_STORED)]
)
def test_a_record_that_contradicts_mongodb_is_found(facts: Facts) -> None:
    assert judge(facts).kinds == {Kind.MUTED_WRONGLY}


def test_a_muted_notification_may_be_withdrawn_later() -> None:
    withdrawn = with_stored(replace(_STORED, removed="withdrawn"), facts=_MUTED)
    assert not judge(withdrawn).of(Kind.MUTED_WRONGLY)
