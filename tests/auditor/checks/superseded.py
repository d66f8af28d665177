"""What a newer notification has superseded is pushed to nobody any more."""

from collections.abc import Iterator

from tests.auditor import moments
from tests.auditor.evidence import Evidence
from tests.auditor.facts import Record
from tests.auditor.verdict import Finding, Kind

#: For so long may be under way what was pushed before the newer one's record was read.
_UNDER_WAY_SECONDS = 2.0


def not_pushed_once_superseded(evidence: Evidence) -> Iterator[Finding]:
    """Receipts of what is superseded, after an offset was seen to have passed the newer one."""
    superseded = {each.id: each.superseded_by for each in evidence.facts.stored}
    for entry in evidence.facts.entries:
        for name in entry.received:
            newer = superseded.get(name, "")
            passed = _passed(evidence.first_records.get(newer), evidence)
            if passed is None or entry.at <= passed + _UNDER_WAY_SECONDS:
                continue
            explanation = (
                f"received {name} at {moments.in_words(entry.at)}, but {newer} has superseded it, "
                f"and was passed by {moments.in_words(passed)}"
            )
            yield Finding(Kind.PUSHED_SUPERSEDED, f"client {entry.client}", explanation)


def _passed(record: Record | None, evidence: Evidence) -> float | None:
    if record is None:
        return None
    return min(
        (
            sample.at
            for sample in evidence.facts.samples
            if sample.partition == record.partition and sample.offset > record.offset
        ),
        default=None,
    )
