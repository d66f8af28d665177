"""A dead letter is an unchanged copy of a record that cannot be parsed."""

from collections.abc import Iterator

from tests.auditor.evidence import Evidence
from tests.auditor.facts import DeadLetter
from tests.auditor.verdict import Finding, Kind


def dead_letters_are_faithful(evidence: Evidence) -> Iterator[Finding]:
    """Find dead letters that differ from their record, lack a record, or copy a readable one."""
    beginnings = {extent.partition: extent.beginning for extent in evidence.facts.extents}
    records = {(record.partition, record.offset): record for record in evidence.facts.records}
    for origin, letter in evidence.dead_letters.items():
        if letter.last_offset is not None:
            continue  # A stub has no value to compare. Its records may be damaged on the disk.
        # The partition or offset may be missing from the headers. The key then contains None and
        # matches no record.
        record = records.get(origin)  # type: ignore[arg-type]
        place = f"dead letter of partition {letter.partition} offset {letter.offset}"
        if record is None:
            if not _is_trimmed(letter, beginnings):
                explanation = "its headers do not name a record of the topic"
                yield Finding(Kind.DEAD_LETTER_ALTERED, place, explanation)
        elif record.fingerprint != letter.fingerprint:
            explanation = "its key and value differ from those of the record"
            yield Finding(Kind.DEAD_LETTER_ALTERED, place, explanation)
        elif not record.problem:
            explanation = f"the record is readable; the reason given is {letter.reason!r}"
            yield Finding(Kind.READABLE_RECORD_DEAD_LETTERED, place, explanation)


def _is_trimmed(letter: DeadLetter, beginnings: dict[int, int]) -> bool:
    if letter.partition is None or letter.offset is None:
        return False
    return letter.offset < beginnings.get(letter.partition, 0)
