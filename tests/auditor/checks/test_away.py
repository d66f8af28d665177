"""The auditor finds tellings that were wrong, needless, repeated or missing."""

from dataclasses import replace

import pytest

from tests.auditor.clean_run import (
    A1,
    A4,
    B3,
    C5,
    CLEAN,
    START,
    created_record,
    erasure_record,
    id_at,
    with_record,
    with_stored,
)
from tests.auditor.facts import WITHDRAWN, Facts, Rules, StoredNotification, Telling
from tests.auditor.judge import judge
from tests.auditor.verdict import Kind

#: Berto is owed notification 3, and ana 4. Both are told by webhook, and berto also by Web Push.
_TOLD = (
    Telling(START + 30, "webhook", "hook", "berto", B3),
    Telling(START + 30, "push", "phone", "berto", B3),
    Telling(START + 31, "webhook", "hook", "ana", A4),
)
_RUN = replace(CLEAN, tellings=_TOLD)
_AWAY = Rules(told_within=25)


def _with(*tellings: Telling, facts: Facts = _RUN) -> Facts:
    return replace(facts, tellings=(*facts.tellings, *tellings))


def test_tellings_of_what_is_owed_are_clean() -> None:
    judge(_RUN, _AWAY).assert_clean()


def test_what_is_owed_and_not_told_is_found() -> None:
    (finding,) = judge(replace(_RUN, tellings=_TOLD[:2]), _AWAY).of(Kind.NOT_TOLD)
    assert A4 in finding.place
    assert judge(replace(_RUN, tellings=()), Rules(told_within=1_000)).clean
    assert judge(replace(_RUN, tellings=())).clean


@pytest.mark.parametrize(
    "fields",
    [
        {"seen_at": START + 90},
        {"archived_at": START + 90},
        {"superseded_by": A4},
        {"removed": "muted"},
        {"expires_at": START + 90},
    ],
)
def test_what_the_user_no_longer_needs_need_not_be_told(fields: dict[str, object]) -> None:
    facts = with_stored(StoredNotification(B3, "berto", **fields), facts=_RUN)  # type: ignore[arg-type]
    assert not judge(replace(facts, tellings=_TOLD[2:]), _AWAY).of(Kind.NOT_TOLD)


@pytest.mark.parametrize(
    "fields",
    [
        {"seen_at": START + 20},
        {"archived_at": START + 20},
        {"delivered_at": START + 20},
        {"expires_at": START + 20},
        {"superseded_by": A4},
        {"removed": "muted"},
    ],
)
def test_a_telling_that_was_not_needed_is_found(fields: dict[str, object]) -> None:
    facts = with_stored(StoredNotification(B3, "berto", **fields), facts=_RUN)  # type: ignore[arg-type]
    assert len(judge(facts).of(Kind.TOLD_NEEDLESSLY)) == 2


def test_a_telling_just_after_it_became_needless_is_clean() -> None:
    facts = with_stored(StoredNotification(B3, "berto", seen_at=START + 29), facts=_RUN)
    assert not judge(facts).of(Kind.TOLD_NEEDLESSLY)


def test_a_delivery_is_enough_unless_the_notification_must_be_seen() -> None:
    facts = with_stored(StoredNotification(B3, "berto", delivered_at=START + 20), facts=_RUN)
    assert judge(facts).of(Kind.TOLD_NEEDLESSLY)
    assert not judge(facts, Rules(away_until_seen=True)).of(Kind.TOLD_NEEDLESSLY)


def test_a_telling_after_a_withdrawal_or_an_erasure_is_found() -> None:
    withdrawal = created_record(7, 20, "berto", kind=WITHDRAWN, id="", withdrawn=(B3,))
    assert judge(with_record(withdrawal, _RUN)).of(Kind.TOLD_NEEDLESSLY)
    assert judge(with_record(erasure_record(7, 20, "berto"), _RUN)).of(Kind.TOLD_NEEDLESSLY)


def test_a_repeat_at_one_receiver_is_found() -> None:
    repeated = _with(replace(_TOLD[1], at=START + 40))
    (finding,) = judge(repeated).of(Kind.TOLD_AGAIN)
    assert finding.place == "push phone"
    assert judge(repeated, Rules(may_tell_again=True)).clean
    assert judge(_with(replace(_TOLD[1], receiver="laptop"))).clean


def test_an_unknown_or_foreign_notification_is_found() -> None:
    for telling in (
        Telling(START + 9, "webhook", "hook", "ana", C5),
        Telling(START + 9, "webhook", "hook", "ana", id_at(50)),
    ):
        assert judge(_with(telling)).kinds == {Kind.TOLD_WRONGLY}
    assert judge(_with(Telling(START + 9, "webhook", "hook", "ana", A1))).clean
