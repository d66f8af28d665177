"""The away program tells each notification that the user did not get, once, and no others."""

from collections import Counter
from collections.abc import Iterator

from tests.auditor import times
from tests.auditor.checks.superseded import MAX_DELAY_SECONDS
from tests.auditor.evidence import Evidence
from tests.auditor.facts import StoredNotification, Telling
from tests.auditor.verdict import Finding, Kind

WEBHOOK = "webhook"


def tellings_are_known(evidence: Evidence) -> Iterator[Finding]:
    """Find notifications that were told although nobody created them, or to the wrong user."""
    for telling in evidence.facts.tellings:
        if telling.user not in evidence.users_named.get(telling.id, ()):
            if evidence.was_erased(telling.id, telling.user):
                continue
            explanation = f"it was told {telling.id} of {telling.user}"
            yield Finding(Kind.TOLD_WRONGLY, _place(telling), explanation)


def tellings_are_needed(evidence: Evidence) -> Iterator[Finding]:
    """Find notifications told more than `MAX_DELAY_SECONDS` after they were no longer needed."""
    for telling in evidence.facts.tellings:
        for reason, at in _ends(telling, evidence):
            if telling.at > at + MAX_DELAY_SECONDS:
                explanation = (
                    f"told {telling.id} at {times.as_text(telling.at)}, "
                    f"{reason} at {times.as_text(at)}"
                )
                yield Finding(Kind.TOLD_NEEDLESSLY, _place(telling), explanation)


def tellings_are_not_repeated(evidence: Evidence) -> Iterator[Finding]:
    """Find notifications told twice to one receiver, unless an away process died in this run."""
    if evidence.rules.may_tell_again:
        return
    told = Counter(
        (telling.way, telling.receiver, telling.id) for telling in evidence.facts.tellings
    )
    for (way, receiver, notification_id), count in told.items():
        if count > 1:
            explanation = f"told {notification_id} {count} times"
            yield Finding(Kind.TOLD_AGAIN, f"{way} {receiver}", explanation)


def undelivered_are_told(evidence: Evidence) -> Iterator[Finding]:
    """Find notifications that no webhook was told, although the user still needs them.

    Leaves out records that are not older than `told_within` seconds.
    """
    within = evidence.rules.told_within
    if within is None:
        return
    told = {telling.id for telling in evidence.facts.tellings if telling.way == WEBHOOK}
    for notification_id, record in evidence.first_records.items():
        stored = evidence.stored.get(notification_id)
        is_due = evidence.now - record.at > within
        if stored and is_due and notification_id not in told and _is_needed(stored, evidence):
            explanation = f"{stored.user} has not got it, and nobody was told within {within:g} s"
            yield Finding(Kind.NOT_TOLD, f"notification {notification_id}", explanation)


def _is_needed(stored: StoredNotification, evidence: Evidence) -> bool:
    times_of_ends = (stored.seen_at, stored.archived_at, _delivered_at(stored, evidence))
    if any(at is not None for at in times_of_ends) or stored.superseded_by or stored.removed:
        return False
    return not evidence.has_expired(stored.expires_at)


def _ends(telling: Telling, evidence: Evidence) -> Iterator[tuple[str, float]]:
    """Yield each reason why the user no longer needs the notification, and since when."""
    record = evidence.first_records.get(telling.id)
    for erasure in evidence.erasures.get(telling.user, ()):
        if record is not None and erasure.offset > record.offset:
            yield "erased", erasure.at
    withdrawal = evidence.withdrawals.get(telling.id)
    if withdrawal is not None:
        yield "withdrawn", withdrawal.at
    stored = evidence.stored.get(telling.id)
    if stored is not None:
        yield from _ends_in_inbox(stored, evidence)


def _ends_in_inbox(stored: StoredNotification, evidence: Evidence) -> Iterator[tuple[str, float]]:
    newer = evidence.first_records.get(stored.superseded_by)
    for reason, at in (
        ("superseded", newer.at if newer else None),
        # A notification is muted when it is created, so it was never needed.
        ("muted", 0.0 if stored.removed == "muted" else None),
        ("seen", stored.seen_at),
        ("archived", stored.archived_at),
        ("delivered", _delivered_at(stored, evidence)),
        ("expired", stored.expires_at),
    ):
        if at is not None:
            yield reason, at


def _delivered_at(stored: StoredNotification, evidence: Evidence) -> float | None:
    return None if evidence.rules.away_until_seen else stored.delivered_at


def _place(telling: Telling) -> str:
    return f"{telling.way} {telling.receiver}"
