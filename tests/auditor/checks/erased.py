"""Erased notifications are gone and do not come back."""

from collections.abc import Iterator

from tests.auditor import times
from tests.auditor.evidence import Evidence
from tests.auditor.verdict import Finding, Kind


def erased_are_gone(evidence: Evidence) -> Iterator[Finding]:
    """Find notifications in MongoDB that the API accepted before their user was erased."""
    noise = evidence.rules.clock_noise_seconds
    for accepted in evidence.facts.accepted:
        erasures = evidence.erasures.get(accepted.user, ())
        erased_at = max((erasure.at for erasure in erasures), default=0.0)
        if accepted.id in evidence.stored and accepted.answered_at + noise < erased_at:
            explanation = (
                f"accepted at {times.as_text(accepted.answered_at)}, but all notifications of "
                f"{accepted.user} were erased at {times.as_text(erased_at)}"
            )
            yield Finding(Kind.NOT_ERASED, f"notification {accepted.id}", explanation)


def erased_are_not_pushed(evidence: Evidence) -> Iterator[Finding]:
    """Find notifications that reached a client after it had received their erasure.

    A notification created at the same moment as the erasure may survive it, although its id is
    below the erasure's. MongoDB still has such a notification, unless a later erasure deleted it.
    """
    for client, entries in evidence.clients.items():
        up_to = ""
        for entry in entries:
            up_to = max(up_to, entry.up_to)
            for notification_id in entry.received:
                if notification_id > up_to:
                    continue
                if _was_deleted_by(up_to, notification_id, entry.user, evidence):
                    explanation = f"received {notification_id} after an erasure up to {up_to}"
                    yield Finding(Kind.PUSHED_AFTER_ERASURE, f"client {client}", explanation)


def _was_deleted_by(up_to: str, notification_id: str, user: str, evidence: Evidence) -> bool:
    erasures = evidence.erasures.get(user, ())
    last = max((erasure.erased_up_to for erasure in erasures), default="")
    return notification_id not in evidence.stored and last <= up_to
