"""Repeats, stalls and findings count for the last fault before them."""

from dataclasses import replace

from tests.auditor.by_fault import Fault, Row, by_fault
from tests.auditor.clean_run import A1, A2, A4, CLEAN, START, with_client_entries, without_stored
from tests.auditor.facts import ClientEntry, Facts, OffsetSample
from tests.auditor.judge import judge

_KILLED = Fault("broker killed", START + 10)
_FROZEN = Fault("broker frozen", START + 20)
_BOTH = (_KILLED, _FROZEN)
_END = START + 90


def _rows(facts: Facts, *faults: Fault) -> dict[str, Row]:
    rows = by_fault(facts, judge(facts).findings, faults, _END)
    return {row.kind: row for row in rows}


def _pushed(at: float, *ids: str) -> ClientEntry:
    return ClientEntry(START + at, "ana-1", "ana", "received", ids)


def test_a_clean_run_has_only_its_faults_and_its_gaps() -> None:
    rows = _rows(CLEAN, _FROZEN, _KILLED)
    assert list(rows) == ["no fault", "broker frozen", "broker killed"]
    assert rows["broker frozen"] == Row("broker frozen", faults=1)
    assert rows["broker killed"] == Row("broker killed", faults=1, longest_stall=2.0)


def test_a_repeat_belongs_to_the_fault_before_it() -> None:
    rows = _rows(with_client_entries(_pushed(19, A1), _pushed(21, A1), _pushed(22, A2)), *_BOTH)
    assert (rows["broker killed"].repeats, rows["broker frozen"].repeats) == (1, 2)


def test_a_stall_belongs_to_the_fault_during_which_it_ended() -> None:
    rows = _rows(with_client_entries(_pushed(19, A4), _pushed(31, A4)), *_BOTH)
    assert round(rows["broker frozen"].longest_stall) == 12


def test_a_stall_ends_when_nothing_is_created_any_more() -> None:
    rows = _rows(with_client_entries(_pushed(95, A4)), _KILLED)
    assert round(rows["broker killed"].longest_stall, 1) == 77.2


def test_a_lost_notification_belongs_to_the_fault_at_its_creation() -> None:
    early = Fault("primary killed", START + 3)
    rows = _rows(without_stored(A4), early, _KILLED)
    assert rows["primary killed"].lost == 1
    assert rows["no fault"].lost == rows["broker killed"].lost == 0


def test_an_inversion_and_an_offset_that_went_back_belong_to_the_fault_before_them() -> None:
    facts = with_client_entries(ClientEntry(START + 21, "x", "ana", "received", (A4,)))
    facts = with_client_entries(ClientEntry(START + 22, "x", "ana", "received", (A2,)), facts=facts)
    samples = (*facts.samples, OffsetSample(START + 15, 0, 3), OffsetSample(START + 16, 0, 4))
    rows = _rows(replace(facts, samples=samples), *_BOTH)
    assert (rows["broker frozen"].inversions, rows["broker killed"].inversions) == (1, 0)
    assert (rows["broker frozen"].offsets_back, rows["broker killed"].offsets_back) == (0, 1)
