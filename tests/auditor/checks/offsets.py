"""Committed offsets: readable maps, within the log, never back, and under hold never early."""

from collections.abc import Iterator

from tests.auditor import moments
from tests.auditor.evidence import Evidence
from tests.auditor.facts import Sample
from tests.auditor.verdict import Finding, Kind


def maps_readable(evidence: Evidence) -> Iterator[Finding]:
    """Metadata that no map is."""
    for partition, reason in evidence.bad_maps.items():
        yield Finding(Kind.MAP_UNREADABLE, f"partition {partition}", reason)


def within_the_log(evidence: Evidence) -> Iterator[Finding]:
    """Offsets or marks beyond the last record."""
    ends = {extent.partition: extent.end for extent in evidence.facts.extents}
    for partition, offset in evidence.committed.items():
        # A committed offset is the next to read, a mark is a record: one more is passed.
        marks = evidence.marked.get(partition) or [offset - 1]
        passed = max(offset, marks[-1] + 1)
        end = ends.get(partition, 0)
        if passed > end:
            explanation = f"committed up to {offset}, marked up to {passed}, but the log ends {end}"
            yield Finding(Kind.COMMITTED_PAST_END, f"partition {partition}", explanation)


def never_back(evidence: Evidence) -> Iterator[Finding]:
    """Samples, and the offset at the end, that are lower than one seen before."""
    last: dict[int, Sample] = {}
    at_the_end = (
        Sample(evidence.facts.now, partition, offset)
        for partition, offset in evidence.committed.items()
    )
    for sample in (*evidence.facts.samples, *at_the_end):
        before = last.setdefault(sample.partition, sample)
        if sample.offset < before.offset:
            explanation = (
                f"{before.offset} at {moments.in_words(before.at)}, "
                f"then {sample.offset} at {moments.in_words(sample.at)}"
            )
            yield Finding(Kind.OFFSET_WENT_BACK, f"partition {sample.partition}", explanation)
        last[sample.partition] = sample


def not_before_the_ack(evidence: Evidence) -> Iterator[Finding]:
    """Under hold: records that an offset had passed before they were delivered.

    Without hold nobody can tell: the record may have been parked first, and delivered later.
    """
    if not evidence.rules.hold:
        return
    passed = _passed_at(evidence)
    for record in evidence.created:
        stored = evidence.stored.get(record.id)
        at = passed.get((record.partition, record.offset))
        if stored is None or stored.delivered_at is None or stored.superseded_by or at is None:
            continue
        if record.expires_at is not None and record.expires_at <= at:
            continue
        if stored.delivered_at > at + evidence.rules.clock_noise_seconds:
            explanation = (
                f"passed at {moments.in_words(at)} at the latest, "
                f"delivered at {moments.in_words(stored.delivered_at)}"
            )
            yield Finding(Kind.COMMITTED_BEFORE_ACK, record.place, explanation)


def _passed_at(evidence: Evidence) -> dict[tuple[int, int], float]:
    """When a committed offset was first seen that had passed this place."""
    found: dict[tuple[int, int], float] = {}
    beginnings = {extent.partition: extent.beginning for extent in evidence.facts.extents}
    highest = dict(beginnings)
    for sample in evidence.facts.samples:
        start = highest.get(sample.partition, 0)
        for offset in range(start, sample.offset):
            found[sample.partition, offset] = sample.at
        highest[sample.partition] = max(start, sample.offset)
    return found
