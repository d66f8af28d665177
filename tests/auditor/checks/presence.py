"""What was accepted is everywhere it belongs, and nothing is anywhere it does not belong."""

from collections.abc import Iterator

from tests.auditor.evidence import Evidence
from tests.auditor.verdict import Finding, Kind


def accepted_on_topic(evidence: Evidence) -> Iterator[Finding]:
    """Accepted by the API, and not on the topic. A trimmed log cannot answer this."""
    if any(extent.beginning for extent in evidence.facts.extents):
        return
    for accepted in evidence.facts.accepted:
        if accepted.id in evidence.first_records:
            continue
        if not evidence.was_erased(accepted.id, accepted.user):
            explanation = f"the API accepted it for {accepted.user}, but no record creates it"
            yield Finding(Kind.MISSING_FROM_TOPIC, f"notification {accepted.id}", explanation)


def created_in_inbox(evidence: Evidence) -> Iterator[Finding]:
    """Accepted by the API or on the topic, and not in MongoDB, which had it first."""
    known = {accepted.id: accepted.user for accepted in evidence.facts.accepted}
    known |= {record.id: record.user for record in evidence.first_records.values()}
    for name, user in known.items():
        if name in evidence.stored or evidence.was_erased(name, user):
            continue
        record = evidence.first_records.get(name)
        if record is not None and evidence.has_expired(record.expires_at):
            continue
        where = record.place if record is not None else "the API's answer"
        explanation = f"of {user}, known from {where}; neither expired nor erased"
        yield Finding(Kind.MISSING_FROM_INBOX, f"notification {name}", explanation)


def created_at_client(evidence: Evidence) -> Iterator[Finding]:
    """At the end of a run: what users who are still there should have, and have not."""
    for name, owners in evidence.owners.items():
        for user in owners & evidence.complete_users:
            if (name, user) not in evidence.received and _is_due(name, user, evidence):
                explanation = f"{user} is connected, and no client of theirs has ever received it"
                yield Finding(Kind.MISSING_FROM_CLIENT, f"notification {name}", explanation)


def _is_due(name: str, user: str, evidence: Evidence) -> bool:
    stored = evidence.stored.get(name)
    record = evidence.first_records.get(name)
    if stored is None:
        expires_at = record.expires_at if record is not None else None
        return not (evidence.was_erased(name, user) or evidence.has_expired(expires_at))
    return not (stored.superseded_by or evidence.has_expired(stored.expires_at))


def nobody_gets_anothers(evidence: Evidence) -> Iterator[Finding]:
    """Ids at a client that nobody created, or that are another user's."""
    seen: set[tuple[str, str]] = set()
    for entry in evidence.facts.entries:
        for name in entry.ids:
            if (entry.client, name) in seen:
                continue
            seen.add((entry.client, name))
            owners = evidence.owners.get(name)
            place = f"client {entry.client}"
            if owners is None:
                explanation = f"{entry.event} {name}, which nobody created"
                yield Finding(Kind.CREATED_BY_NOBODY, place, explanation)
            elif entry.user not in owners:
                explanation = f"{entry.user} {entry.event} {name}, which is {_names(owners)}'s"
                yield Finding(Kind.FOREIGN_NOTIFICATION, place, explanation)


def owners_agree(evidence: Evidence) -> Iterator[Finding]:
    """Notifications of which the API's caller, the topic and MongoDB name different users."""
    for name, owners in evidence.owners.items():
        if len(owners) > 1:
            explanation = f"it is said to be of {_names(owners)}"
            yield Finding(Kind.OWNERS_DIFFER, f"notification {name}", explanation)


def superseded_by_newer(evidence: Evidence) -> Iterator[Finding]:
    """Superseded by what nobody created, by another user's, or by an older one."""
    for stored in evidence.facts.stored:
        newer = stored.superseded_by
        if not newer:
            continue
        if evidence.was_erased(newer, stored.user):
            continue
        if newer <= stored.id or stored.user not in evidence.owners.get(newer, ()):
            explanation = f"by {newer}, which is no newer notification of {stored.user}"
            yield Finding(Kind.SUPERSEDED_BY_NOTHING, f"notification {stored.id}", explanation)


def _names(owners: set[str]) -> str:
    return " and ".join(sorted(owners))
