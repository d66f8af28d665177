"""Pushed once superseded: planted, and what looks like it."""

from dataclasses import replace

import pytest

from tests.auditor.facts import Facts, Sample, Stored
from tests.auditor.judge import judge
from tests.auditor.scene import A1, A2, START, ana, with_entries, with_stored
from tests.auditor.verdict import Kind

_DELIVERED = START + 15


def _superseded(*samples: Sample, received: float) -> Facts:
    """Ana's 1 has given way to her 2, which stands at offset 1; she is pushed it that late."""
    facts = with_stored(Stored(A1, "ana", delivered_at=_DELIVERED, superseded_by=A2))
    return with_entries(ana("received", A1, after=received), facts=replace(facts, samples=samples))


def test_pushed_once_the_newer_one_was_passed() -> None:
    verdict = judge(_superseded(Sample(START + 20, 0, 2), received=30))
    assert verdict.kinds == {Kind.PUSHED_SUPERSEDED}
    assert A2 in verdict.findings[0].explanation


@pytest.mark.parametrize(
    "samples",
    [
        (),
        (Sample(START + 20, 0, 1),),  # the newer one is next
        (Sample(START + 20, 1, 2),),  # of another partition
        (Sample(START + 29, 0, 2), Sample(START + 40, 0, 4)),  # it may have been under way
    ],
)
def test_pushed_before_the_newer_one_was_passed(samples: tuple[Sample, ...]) -> None:
    assert judge(_superseded(*samples, received=30)).clean
