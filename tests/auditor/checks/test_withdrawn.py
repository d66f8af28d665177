"""The auditor finds pushes after a withdrawal, and withdrawals that one source does not know."""

from dataclasses import replace

import pytest

from tests.auditor.checks.test_receipts import receipt
from tests.auditor.clean_run import (
    A1,
    A2,
    B3,
    C5,
    START,
    ana,
    created_record,
    with_client_entries,
    with_record,
    with_stored,
)
from tests.auditor.facts import WITHDRAWN, Facts, OffsetSample, Rules, StoredNotification
from tests.auditor.judge import judge
from tests.auditor.verdict import Fate, Kind

_AT_THE_END = Rules(complete=frozenset({"berto"}))
#: Berto's notification 3, at offset 3, is withdrawn by the record at offset 6.
_RECORD = created_record(6, 6, "berto", kind=WITHDRAWN, id="", withdrawn=(B3,))
_STORED = StoredNotification(B3, "berto", removed="withdrawn")
_WITHDRAWN = with_record(_RECORD, with_stored(_STORED))
_DELIVERED = tuple(
    receipt("delivered", id_, user, 15) for id_, user in ((A1, "ana"), (A2, "ana"), (C5, "carla"))
)
_RECEIPT = receipt("withdrawn", B3, "berto", 7)


def test_a_withdrawn_notification_is_settled_and_not_owed() -> None:
    verdict = judge(replace(_WITHDRAWN, receipts=(*_DELIVERED, _RECEIPT)), _AT_THE_END)
    assert verdict.clean
    assert verdict.counts.fates[Fate.WITHDRAWN] == 1
    assert verdict.counts.owed == 1, "only ana's 4"
    assert not judge(_WITHDRAWN, Rules(hold=True)).of(Kind.PARKED_UNDER_HOLD)


@pytest.mark.parametrize(("received", "is_found"), [(30, True), (21, False), (15, False)])
def test_a_push_after_the_withdrawal_is_passed_is_found(received: float, is_found: bool) -> None:
    samples = (OffsetSample(START + 16, 0, 6), OffsetSample(START + 20, 0, 7))
    entry = replace(ana("received", B3, after=received), user="berto", client="berto-1")
    facts = with_client_entries(entry, facts=replace(_WITHDRAWN, samples=samples))
    assert bool(judge(facts).of(Kind.PUSHED_AFTER_WITHDRAWAL)) is is_found


def test_a_withdrawal_that_only_one_source_knows_is_found() -> None:
    by_topic = with_record(_RECORD)
    assert judge(by_topic).kinds == {Kind.WITHDRAWN_WRONGLY}
    by_mongodb = with_stored(_STORED)
    assert judge(by_mongodb).clean, "during a run the record may be in the outbox"
    assert judge(by_mongodb, _AT_THE_END).kinds == {Kind.WITHDRAWN_WRONGLY}


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        (replace(_WITHDRAWN, receipts=_DELIVERED), Kind.RECEIPT_MISSING),
        (replace(with_stored(), receipts=(*_DELIVERED, _RECEIPT)), Kind.RECEIPT_FALSE),
    ],
)
def test_a_missing_and_a_false_receipt_of_a_withdrawal_are_found(facts: Facts, kind: Kind) -> None:
    assert judge(facts, _AT_THE_END).of(kind)


def test_a_superseded_and_a_withdrawn_receipt_together_are_found() -> None:
    stored = with_stored(replace(_STORED, superseded_by=C5), facts=_WITHDRAWN)
    both = (*_DELIVERED, _RECEIPT, receipt("superseded", B3, "berto", 7, superseded_by=C5))
    assert judge(replace(stored, receipts=both)).of(Kind.RECEIPT_FALSE)
