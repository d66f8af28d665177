"""Committed offsets: their maps are readable, they stay within the log, and never go back.

Under `hold`, an offset also never passes a record before its ack.
"""

from collections.abc import Iterator

from tests.auditor import times
from tests.auditor.evidence import Evidence
from tests.auditor.facts import OffsetSample
from tests.auditor.verdict import Finding, Kind


def maps_are_readable(evidence: Evidence) -> Iterator[Finding]:
    """Find commit metadata that is not a valid settled map."""
    for partition, reason in evidence.commits.bad_maps.items():
        yield Finding(Kind.MAP_UNREADABLE, f"partition {partition}", reason)


def commits_are_within_the_log(evidence: Evidence) -> Iterator[Finding]:
    """Find committed offsets, and offsets marked by a map, beyond the last record."""
    ends = {extent.partition: extent.end for extent in evidence.facts.extents}
    for partition, offset in evidence.commits.committed.items():
        # A committed offset is the next one to read. A mark is the offset of a settled record, so
        # add one to compare them.
        marks = evidence.commits.marked.get(partition) or [offset - 1]
        passed = max(offset, marks[-1] + 1)
        end = ends.get(partition, 0)
        if passed > end:
            explanation = (
                f"committed up to {offset} and marked up to {passed}, but the log ends at {end}"
            )
            yield Finding(Kind.COMMITTED_PAST_END, f"partition {partition}", explanation)


def commits_never_go_back(evidence: Evidence) -> Iterator[Finding]:
    """Find committed offsets, sampled or at the end, that are lower than the one before.

    An offset may go back while a new log replaces the deleted one.
    """
    deleted_at, noticed_at = evidence.rules.log_replaced or (0.0, 0.0)
    last: dict[int, OffsetSample] = {}
    at_the_end = (
        OffsetSample(evidence.facts.now, partition, offset)
        for partition, offset in evidence.commits.committed.items()
    )
    for sample in (*evidence.facts.samples, *at_the_end):
        before = last.setdefault(sample.partition, sample)
        is_other_log = before.at <= noticed_at and deleted_at < sample.at
        if not is_other_log and sample.offset < before.offset:
            explanation = (
                f"{before.offset} at {times.as_text(before.at)}, "
                f"then {sample.offset} at {times.as_text(sample.at)}"
            )
            place = f"partition {sample.partition}"
            yield Finding(Kind.OFFSET_WENT_BACK, place, explanation, sample.at)
        last[sample.partition] = sample


def commits_follow_acks_under_hold(evidence: Evidence) -> Iterator[Finding]:
    """Find records that a committed offset passed before their delivery, if the policy is `hold`.

    Without `hold`, this is no violation: the record may have been parked first, and its
    notification delivered later.
    """
    if not evidence.rules.hold:
        return
    passed_at = _first_seen_passed(evidence)
    for record in evidence.created:
        stored = evidence.stored.get(record.id)
        passed = passed_at.get((record.partition, record.offset))
        if stored is None or stored.delivered_at is None or passed is None:
            continue
        if stored.superseded_by or stored.removed:
            continue
        if record.expires_at is not None and record.expires_at <= passed:
            continue
        if stored.delivered_at > passed + evidence.rules.clock_noise_seconds:
            explanation = (
                f"passed at {times.as_text(passed)} at the latest, "
                f"but delivered at {times.as_text(stored.delivered_at)}"
            )
            yield Finding(Kind.COMMITTED_BEFORE_ACK, record.place, explanation)


def _first_seen_passed(evidence: Evidence) -> dict[tuple[int, int], float]:
    """Return when a sample first showed each record as passed, by partition and offset."""
    passed_at: dict[tuple[int, int], float] = {}
    highest = {extent.partition: extent.beginning for extent in evidence.facts.extents}
    for sample in evidence.facts.samples:
        start = highest.get(sample.partition, 0)
        for offset in range(start, sample.offset):
            passed_at[sample.partition, offset] = sample.at
        highest[sample.partition] = max(start, sample.offset)
    return passed_at
