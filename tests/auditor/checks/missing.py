"""An accepted notification is on the topic and in MongoDB, and finally reaches the clients."""

from collections.abc import Iterator

from tests.auditor import times
from tests.auditor.evidence import Evidence
from tests.auditor.verdict import Finding, Kind


def accepted_are_on_the_topic(evidence: Evidence) -> Iterator[Finding]:
    """Find notifications that the API accepted but no record creates.

    Finds nothing if retention has trimmed the log, because the record may have been there. Leaves
    out what was accepted before the topic was created again: those records went with the old log.
    """
    if any(extent.beginning for extent in evidence.facts.extents):
        return
    replaced_at = max(evidence.rules.log_replaced or (0.0,))
    for accepted in evidence.facts.accepted:
        if accepted.id in evidence.first_records or times.time_in_id(accepted.id) < replaced_at:
            continue
        if not evidence.was_erased(accepted.id, accepted.user):
            explanation = f"the API accepted it for {accepted.user}, but no record creates it"
            yield _missing(Kind.MISSING_FROM_TOPIC, accepted.id, explanation)


def created_are_in_mongodb(evidence: Evidence) -> Iterator[Finding]:
    """Find notifications missing from MongoDB that were accepted or are on the topic.

    The producer API writes to MongoDB first, so MongoDB must have them.
    """
    known = {accepted.id: accepted.user for accepted in evidence.facts.accepted}
    known |= {record.id: record.user for record in evidence.first_records.values()}
    for notification_id, user in known.items():
        if notification_id in evidence.stored or evidence.was_erased(notification_id, user):
            continue
        record = evidence.first_records.get(notification_id)
        if record is not None and evidence.has_expired(record.expires_at):
            continue
        source = record.place if record is not None else "the API's answer"
        explanation = f"of {user}, known from {source}; it is neither expired nor erased"
        yield _missing(Kind.MISSING_FROM_INBOX, notification_id, explanation)


def created_reach_their_clients(evidence: Evidence) -> Iterator[Finding]:
    """At the end of a run, find notifications missing from users who must have everything."""
    for notification_id, users in evidence.users_named.items():
        for user in users & evidence.complete_users:
            if (notification_id, user) in evidence.received:
                continue
            if _is_due(notification_id, user, evidence):
                explanation = f"{user} is connected, but none of the user's clients received it"
                yield _missing(Kind.MISSING_FROM_CLIENT, notification_id, explanation)


def _missing(kind: Kind, notification_id: str, explanation: str) -> Finding:
    at = times.time_in_id(notification_id)
    return Finding(kind, f"notification {notification_id}", explanation, at)


def _is_due(notification_id: str, user: str, evidence: Evidence) -> bool:
    stored = evidence.stored.get(notification_id)
    record = evidence.first_records.get(notification_id)
    if stored is None:
        expires_at = record.expires_at if record is not None else None
        erased = evidence.was_erased(notification_id, user)
        return not (erased or evidence.has_expired(expires_at))
    is_gone = stored.superseded_by or stored.removed
    return not (is_gone or evidence.has_expired(stored.expires_at))
