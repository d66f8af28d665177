"""The auditor finds wrong superseding, and pushes of superseded notifications."""

from dataclasses import replace

import pytest

from tests.auditor.clean_run import (
    A1,
    A2,
    B3,
    C5,
    START,
    ana,
    id_at,
    with_client_entries,
    with_stored,
)
from tests.auditor.facts import AcceptedNotification, Facts, OffsetSample, StoredNotification
from tests.auditor.judge import judge
from tests.auditor.verdict import Kind

_DELIVERED = START + 15


def _superseded(*samples: OffsetSample, received: float) -> Facts:
    """Return a run in which ana's notification 2, at offset 1, supersedes her notification 1.

    Her client receives notification 1 `received` seconds after the start.
    """
    facts = with_stored(StoredNotification(A1, "ana", delivered_at=_DELIVERED, superseded_by=A2))
    return with_client_entries(
        ana("received", A1, after=received), facts=replace(facts, samples=samples)
    )


def test_a_push_after_the_newer_record_is_passed_is_found() -> None:
    verdict = judge(_superseded(OffsetSample(START + 20, 0, 2), received=30))
    assert verdict.kinds == {Kind.PUSHED_AFTER_SUPERSEDED}
    assert A2 in verdict.findings[0].explanation


@pytest.mark.parametrize(
    "samples",
    [
        (),
        (OffsetSample(START + 20, 0, 1),),  # the newer notification is the next record
        (OffsetSample(START + 20, 1, 2),),  # another partition
        (
            OffsetSample(START + 29, 0, 2),
            OffsetSample(START + 40, 0, 4),
        ),  # the push may have been on its way
    ],
)
def test_a_push_before_or_just_after_the_newer_record_is_passed_is_clean(
    samples: tuple[OffsetSample, ...],
) -> None:
    assert judge(_superseded(*samples, received=30)).clean


def test_superseding_by_an_unknown_older_or_foreign_notification_is_found() -> None:
    for other in (id_at(9), A1, C5):  # an unknown one, an older one, and another user's
        facts = with_stored(StoredNotification(B3, "berto", superseded_by=other))
        assert judge(facts).kinds == {Kind.SUPERSEDED_BY_NOTHING}


def test_superseding_by_one_answered_before_the_other_was_requested_is_found() -> None:
    """The ids do not say which one is newer, because the clocks of producers differ."""
    facts = with_stored(
        StoredNotification(A2, "ana", delivered_at=START + 11, superseded_by=A1),
    )
    others = tuple(one for one in facts.accepted if one.id not in {A1, A2})
    for answered, requested, kinds in (
        (START + 3, START + 4, {Kind.SUPERSEDED_BY_NOTHING}),
        (START + 4, START + 3, set()),
    ):
        accepted = (
            AcceptedNotification(A1, "ana", answered_at=answered, requested_at=START),
            AcceptedNotification(A2, "ana", answered_at=START + 5, requested_at=requested),
        )
        assert judge(replace(facts, accepted=accepted + others)).kinds == kinds
