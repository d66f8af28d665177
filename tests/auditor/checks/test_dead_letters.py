"""The auditor finds dead letters that differ from the topic. Each test plants one violation."""

from dataclasses import replace

import pytest

from tests.auditor.clean_run import CLEAN
from tests.auditor.facts import DeadLetter, Extent
from tests.auditor.judge import judge
from tests.auditor.verdict import Kind


@pytest.mark.parametrize(
    "letter",
    [DeadLetter(0, 2, "", b"x"), DeadLetter(0, 9, "", b"2"), DeadLetter(None, None, "", b"2")],
)
def test_a_dead_letter_that_differs_from_its_record_is_found(letter: DeadLetter) -> None:
    facts = replace(CLEAN, dead_letters=(*CLEAN.dead_letters, letter))
    assert judge(facts).kinds == {Kind.DEAD_LETTER_ALTERED}


def test_a_dead_letter_of_a_readable_record_is_found() -> None:
    facts = replace(CLEAN, dead_letters=(*CLEAN.dead_letters, DeadLetter(0, 4, "", b"4")))
    assert judge(facts).kinds == {Kind.READABLE_RECORD_DEAD_LETTERED}


def test_a_dead_letter_of_a_record_that_retention_deleted_is_clean() -> None:
    facts = replace(CLEAN, records=CLEAN.records[3:], extents=(Extent(0, 3, 7),))
    assert judge(facts).kinds == set()
    assert judge(facts).counts.trimmed == 3


def test_a_stub_stands_for_all_records_of_its_range() -> None:
    stub = DeadLetter(0, 1, "skipped by an operator", b"no value", last_offset=2)
    facts = replace(CLEAN, dead_letters=(stub,))
    assert judge(facts).kinds == set()
    too_short = replace(CLEAN, dead_letters=(replace(stub, last_offset=1),))
    assert judge(too_short).kinds == {Kind.SETTLED_WITHOUT_REASON}
