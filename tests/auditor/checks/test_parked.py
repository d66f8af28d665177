"""The auditor finds users who are reported as absent although they were connected."""

from dataclasses import replace

import pytest

from tests.auditor.checks.test_receipts import receipt
from tests.auditor.clean_run import A4, CLEAN, ana, id_at, with_client_entries
from tests.auditor.facts import Facts, Rules
from tests.auditor.judge import judge
from tests.auditor.verdict import Kind

_LATER = id_at(30)
_PARKED = receipt("parked", _LATER, "ana", 31)


def _parked(facts: Facts, rules: Rules | None = None) -> bool:
    verdict = judge(replace(facts, receipts=(_PARKED,)), rules)
    return Kind.PARKED_WHILE_CONNECTED in verdict.kinds


def test_a_user_who_was_connected_throughout_is_found() -> None:
    assert _parked(CLEAN)
    assert _parked(with_client_entries(ana("disconnected", after=50)))


@pytest.mark.parametrize(
    "entries",
    [
        [ana("disconnected", after=20)],
        [ana("disconnected", after=20), ana("connected", after=29)],
        [ana("disconnected", after=32)],
        [ana("connected", after=30.5)],
    ],
)
def test_a_user_who_was_away_for_a_moment_is_not_found(entries: list[object]) -> None:
    assert not _parked(with_client_entries(*entries))  # type: ignore[arg-type]


def test_a_client_of_a_frozen_instance_counts_only_if_it_kept_receiving() -> None:
    frozen = Rules(may_freeze=True)
    assert not _parked(CLEAN, frozen)
    assert not _parked(with_client_entries(ana("received", A4, after=30)), frozen)
    heard = [ana("received", A4, after=second) for second in range(18, 32)]
    assert _parked(with_client_entries(*heard), frozen)


def test_too_many_repeated_receipts_are_found() -> None:
    delivered = receipt("delivered", A4, "ana", 20)
    facts = replace(CLEAN, receipts=(delivered, replace(delivered, at=delivered.at + 1)))
    verdict = judge(facts, Rules(max_repeated_receipts=0.01))
    assert Kind.TOO_MANY_REPEATED_RECEIPTS in verdict.kinds
    assert (verdict.counts.repeats_of_delivered, verdict.counts.repeats_at_another_time) == (1, 1)
    assert Kind.TOO_MANY_REPEATED_RECEIPTS not in judge(facts).kinds
