"""Delivered means acknowledged by a client of that user, and nothing else."""

from collections.abc import Iterator

from tests.auditor import moments
from tests.auditor.evidence import Evidence
from tests.auditor.verdict import Finding, Kind


def delivered_after_ack(evidence: Evidence) -> Iterator[Finding]:
    """`delivered_at` that no ack stands behind, or that is earlier than the first one."""
    noise = evidence.rules.clock_noise_seconds
    for stored in evidence.facts.stored:
        if stored.delivered_at is None:
            continue
        place = f"notification {stored.id}"
        acked = evidence.first_acks.get((stored.id, stored.user))
        if acked is None:
            explanation = f"no client of {stored.user} has acknowledged it, by their own logs"
            yield Finding(Kind.DELIVERED_WITHOUT_ACK, place, explanation)
        elif stored.delivered_at < acked - noise:
            explanation = (
                f"delivered_at {moments.in_words(stored.delivered_at)}, but {stored.user} "
                f"acknowledged it first at {moments.in_words(acked)}"
            )
            yield Finding(Kind.DELIVERED_BEFORE_ACK, place, explanation)


def acks_recorded(evidence: Evidence) -> Iterator[Finding]:
    """At the end of a run: acks of users who are still there, without `delivered_at`.

    Of others an ack may have been lost on the way; then the notification is still owed, and comes
    again when they do.
    """
    for name, user in evidence.first_acks:
        stored = evidence.stored.get(name)
        if stored is None or stored.delivered_at is not None or stored.user != user:
            continue
        # What is superseded or expired is owed no more: a lost ack of it is not made up for.
        if stored.superseded_by or evidence.has_expired(stored.expires_at):
            continue
        if user in evidence.complete_users:
            explanation = f"{user} has acknowledged it and is connected, but it counts as owed"
            yield Finding(Kind.ACK_NOT_RECORDED, f"notification {name}", explanation)
