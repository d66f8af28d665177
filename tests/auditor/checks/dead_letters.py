"""Dead letters are records that nobody can read, with their bytes untouched."""

from collections.abc import Iterator

from tests.auditor.evidence import Evidence
from tests.auditor.facts import DeadLetter
from tests.auditor.verdict import Finding, Kind


def dead_letters_true(evidence: Evidence) -> Iterator[Finding]:
    """Dead letters of no record, of other bytes, or of a record that anybody can read."""
    beginnings = {extent.partition: extent.beginning for extent in evidence.facts.extents}
    records = {(record.partition, record.offset): record for record in evidence.facts.records}
    for place, letter in evidence.dead_letters.items():
        record = records.get(place)  # type: ignore[arg-type] # None is in no place
        where = f"dead letter of partition {letter.partition} offset {letter.offset}"
        if record is None:
            if not _is_trimmed(letter, beginnings):
                explanation = "its headers name no record of the topic"
                yield Finding(Kind.DEAD_LETTER_ALTERED, where, explanation)
        elif record.fingerprint != letter.fingerprint:
            explanation = "key and value are not those of the record"
            yield Finding(Kind.DEAD_LETTER_ALTERED, where, explanation)
        elif not record.problem:
            explanation = f"anybody can read it; the reason given is {letter.reason!r}"
            yield Finding(Kind.DEAD_LETTERED_UNDULY, where, explanation)


def _is_trimmed(letter: DeadLetter, beginnings: dict[int, int]) -> bool:
    if letter.partition is None or letter.offset is None:
        return False
    return letter.offset < beginnings.get(letter.partition, 0)
