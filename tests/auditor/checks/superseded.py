"""Only a newer notification of the same user supersedes an older one, which is then not pushed."""

from collections.abc import Iterator

from tests.auditor import times
from tests.auditor.evidence import Evidence
from tests.auditor.facts import Record
from tests.auditor.verdict import Finding, Kind

#: A push of the older notification may have been sent before the newer one's record was read. So it
#: may still arrive up to this long after an offset has passed that record.
MAX_DELAY_SECONDS = 2.0


def superseding_is_newer(evidence: Evidence) -> Iterator[Finding]:
    """Find notifications superseded by an unknown or older notification, or by another user's.

    The order service's clock decides which one is older. The ids cannot, because the clocks of
    producers differ.
    """
    accepted = {one.id: one for one in evidence.facts.accepted}
    for stored in evidence.facts.stored:
        newer = stored.superseded_by
        if not newer:
            continue
        if evidence.was_erased(newer, stored.user):
            continue
        before, after = accepted.get(newer), accepted.get(stored.id)
        is_older = newer == stored.id or (
            before is not None and after is not None and before.answered_at < after.requested_at
        )
        if is_older or stored.user not in evidence.users_named.get(newer, ()):
            explanation = f"by {newer}, which is not a newer notification of {stored.user}"
            yield Finding(Kind.SUPERSEDED_BY_NOTHING, f"notification {stored.id}", explanation)


def superseded_are_not_pushed(evidence: Evidence) -> Iterator[Finding]:
    """Find superseded notifications that arrived after an offset had passed the newer record."""
    superseded = {stored.id: stored.superseded_by for stored in evidence.facts.stored}
    for entry in evidence.facts.client_entries:
        for notification_id in entry.received:
            newer = superseded.get(notification_id, "")
            passed = first_seen_passed(evidence.first_records.get(newer), evidence)
            if passed is None or entry.at <= passed + MAX_DELAY_SECONDS:
                continue
            explanation = (
                f"received {notification_id} at {times.as_text(entry.at)}, but {newer} supersedes "
                f"it and was passed by {times.as_text(passed)}"
            )
            yield Finding(Kind.PUSHED_AFTER_SUPERSEDED, f"client {entry.client}", explanation)


def first_seen_passed(record: Record | None, evidence: Evidence) -> float | None:
    """Return when a sample first showed that an offset had passed the record."""
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
