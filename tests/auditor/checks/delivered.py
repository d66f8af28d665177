"""A notification counts as delivered if and only if a client of its user acknowledged it."""

from collections.abc import Iterator

from tests.auditor import times
from tests.auditor.evidence import Evidence
from tests.auditor.verdict import Finding, Kind


def deliveries_follow_acks(evidence: Evidence) -> Iterator[Finding]:
    """Find notifications whose `delivered_at` has no ack, or is before the first ack."""
    noise = evidence.rules.clock_noise_seconds
    for stored in evidence.facts.stored:
        if stored.delivered_at is None:
            continue
        place = f"notification {stored.id}"
        acked_at = evidence.first_acks.get((stored.id, stored.user))
        if acked_at is None:
            explanation = f"no client of {stored.user} acknowledged it, according to their logs"
            yield Finding(Kind.DELIVERED_WITHOUT_ACK, place, explanation)
        elif stored.delivered_at < acked_at - noise:
            explanation = (
                f"delivered_at is {times.as_text(stored.delivered_at)}, but {stored.user} "
                f"first acknowledged it at {times.as_text(acked_at)}"
            )
            yield Finding(Kind.DELIVERED_BEFORE_ACK, place, explanation)


def acks_are_recorded(evidence: Evidence) -> Iterator[Finding]:
    """At the end of a run, find acks without `delivered_at` whose users are still connected.

    The ack of a user who has left may have been lost on the way. That notification is still owed,
    and is pushed again when the user returns.
    """
    for notification_id, user in evidence.first_acks:
        stored = evidence.stored.get(notification_id)
        if stored is None or stored.delivered_at is not None or stored.user != user:
            continue
        # A superseded, withdrawn or expired notification is not owed, so it is not pushed again
        # after a lost ack. Its `delivered_at` may stay empty.
        if stored.superseded_by or stored.removed or evidence.has_expired(stored.expires_at):
            continue
        if user in evidence.complete_users:
            explanation = f"{user} acknowledged it and is connected, but it is still owed"
            yield Finding(Kind.ACK_NOT_RECORDED, f"notification {notification_id}", explanation)
